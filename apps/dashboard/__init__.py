"""The consumer's dashboard on the brand's public host: which data is shared with whom, and how to stop sharing."""

from litestar import Router

from apps.dashboard import secondary_users, sharing, sign_in, sign_in_link
from apps.dashboard.browser import NotSignedIn

routes = [
    Router(
        "/",
        route_handlers=[
            sign_in.show_start,
            sign_in.show_sign_in,
            sign_in.sign_in,
            sign_in.show_verify,
            sign_in.verify,
            sign_in.resend,
            sign_in_link.show_link,
            sign_in_link.sign_in_by_link,
            sign_in.stay,
            sign_in.sign_out,
            secondary_users.list_secondary_users,
            secondary_users.show_secondary_user,
            secondary_users.ask_to_permit,
            secondary_users.permit,
            secondary_users.ask_to_withdraw_permission,
            secondary_users.withdraw_permission,
            secondary_users.ask_to_block,
            secondary_users.block_recipient,
            secondary_users.end_block,
            sharing.list_arrangements,
            sharing.show_arrangement,
            sharing.show_record,
            sharing.ask_to_withdraw,
            sharing.withdraw,
        ],
        exception_handlers={NotSignedIn: sign_in.redirect_to_sign_in},
    ),
]
