"""The consumer's dashboard on the brand's public host: what is shared with whom, and how to stop it."""

from litestar import Router

from apps.dashboard import routes as pages
from apps.dashboard.browser import SignedOut

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
        exception_handlers={SignedOut: pages.redirect_to_sign_in},
    ),
]
