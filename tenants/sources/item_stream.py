"""Items that a source gives one after the other, so that not all of them are in memory at once."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from typing import Any, Final

_END: Final = object()


class ItemStream:
    """The items of one page. The total number of records and the first item are known before the response begins.

    Create it with `open`, and always call `aclose`, because the source may use a connection until then. A stream that
    `held` has made needs nothing, and can be forgotten.
    """

    def __init__(self, total_records: int, first: Any, items: AsyncGenerator[Any, None]) -> None:
        """Take the items after the first one."""
        self.total_records = total_records
        """The number of records in all pages."""
        self._first = first
        self._items = items

    @classmethod
    async def open(cls, total_records: int, items: AsyncGenerator[Any, None]) -> "ItemStream":
        """Wait for the first item. An error before it is raised here, while the call can still be refused."""
        try:
            first = await anext(items, _END)
        except BaseException:
            await items.aclose()
            raise
        return cls(total_records, first, items)

    @classmethod
    async def held(cls, total_records: int, items: Iterable[Any]) -> "ItemStream":
        """Return a stream of items that are made from data in memory. The first item is made here."""
        return await cls.open(total_records, _one_by_one(items))

    async def __aiter__(self) -> AsyncIterator[Any]:
        """Yield every item once. An error of the source is raised."""
        if self._first is _END:
            return
        first, self._first = self._first, _END
        yield first
        async for item in self._items:
            yield item

    async def aclose(self) -> None:
        """Release the resources that the source uses for the stream, for example a connection."""
        await self._items.aclose()


async def _one_by_one(items: Iterable[Any]) -> AsyncGenerator[Any, None]:
    for item in items:
        yield item
