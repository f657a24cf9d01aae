"""The pages for the provider's staff, on the host of the console. They belong to no tenant."""

from litestar.types import ControllerRouterHandler

from apps.console import routes as pages

routes: list[ControllerRouterHandler] = [pages.show_start]
