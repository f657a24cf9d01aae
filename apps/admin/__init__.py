"""The pages for the retailer's staff, on the brand's admin host."""

from litestar.types import ControllerRouterHandler

from apps.admin import routes as pages

routes: list[ControllerRouterHandler] = [pages.show_start, pages.sign_out]
