"""The consumer's dashboard on the brand's public host: what is shared with whom, how to stop it, joint accounts."""

from litestar import Router

from apps.dashboard import (
    joint_accounts,
    joint_proposals,
    joint_sharing,
    secondary_users,
    sharing,
    sign_in,
    sign_in_link,
)
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
            joint_accounts.list_joint_accounts,
            joint_accounts.show_joint_account,
            joint_accounts.choose_notices,
            joint_accounts.ask_for_option,
            joint_accounts.choose_option,
            joint_proposals.ask_about_proposal,
            joint_proposals.answer_proposal,
            joint_sharing.show_joint_sharing,
            joint_sharing.ask_about_approval,
            joint_sharing.decide_about_approval,
        ],
        exception_handlers={NotSignedIn: sign_in.redirect_to_sign_in},
    ),
]
