"""The consumer's dashboard on the brand's public host: which data is shared with whom, and how to stop sharing."""

from litestar import Router

from apps.dashboard import routes as pages
from apps.dashboard.browser import NotSignedIn

routes = [
    Router(
        "/",
        route_handlers=[
            pages.show_sign_in,
            pages.sign_in,
            pages.show_verify,
            pages.verify,
            pages.resend,
            pages.list_arrangements,
            pages.show_arrangement,
            pages.ask_to_withdraw,
            pages.withdraw,
            pages.sign_out,
        ],
        exception_handlers={NotSignedIn: pages.redirect_to_sign_in},
    ),
]
