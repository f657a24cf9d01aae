"""The consent flow: pages on the brand's public host, from the identifier to the authorisation."""

from litestar import Router
from litestar.types import ControllerRouterHandler

from apps.consent import routes as pages
from apps.http.flows import FLOW_PATH
from tenants.consent.errors import StepNotCurrent

routes: list[ControllerRouterHandler] = [
    Router(
        f"{FLOW_PATH}/{{flow_id:str}}",
        route_handlers=[
            pages.show_step,
            pages.redirect_form_address,
            pages.identify,
            pages.verify,
            pages.resend,
            pages.restart,
            pages.choose_customer,
            pages.choose_accounts,
            pages.authorise,
            pages.cancel,
        ],
        exception_handlers={StepNotCurrent: pages.redirect_to_current_step},
    ),
]
