"""The Register's page: which calls it makes, and what it says if a brand refuses them or cannot be reached."""

import httpx

from tests.ops.sandbox.addresses import REGISTER
from tests.ops.sandbox.faulty_holder import FaultyHolder

UPDATE = "/cds-au/v1/admin/register/metadata"


async def test_the_page_calls_the_brand_of_the_form_and_shows_its_answer(
    anonymous: httpx.AsyncClient, holder: FaultyHolder
) -> None:
    page = await anonymous.get(f"{REGISTER}/")
    assert '<option value="aurora">Aurora Energy</option>' in page.text
    assert (await anonymous.get(f"{REGISTER}/style.css")).headers["content-type"].startswith("text/css")
    holder.data["/admin/metrics"] = {"data": {"customerCount": "<b>7</b>"}}
    form = {"brand": "aurora", "period": "HISTORIC"}
    shown = await anonymous.post(f"{REGISTER}/get-metrics", data=form)
    assert "&#34;customerCount&#34;: &#34;&lt;b&gt;7&lt;/b&gt;&#34;" in shown.text
    assert holder.queries["/admin/metrics"] == [{"period": "HISTORIC"}]
    assert (holder.sent["/token"][-1]["scope"], holder.headers[-1]["x-v"]) == ("admin:metrics.basic:read", "5")
    holder.refuses[UPDATE] = (403, {"errors": [{"title": "Forbidden"}]})
    assert ">403 Forbidden<" in (await anonymous.post(f"{REGISTER}/metadata-update", data=form)).text
    assert holder.sent["/token"][-1]["scope"] == "admin:metadata:update"
    assert len(holder.sent[UPDATE]) == 1
    holder.refuses["/token"] = (400, {"error": "invalid_scope"})
    refused = await anonymous.post(f"{REGISTER}/get-metrics", data=form)
    assert (refused.status_code, "Aurora Energy could not be called: Refused" in refused.text) == (200, True)
    for wrong, headers in (
        ({**form, "brand": "nobody"}, {}),
        ({**form, "period": "EVER"}, {}),
        (form, {"Origin": "https://evil.test"}),
    ):
        assert (await anonymous.post(f"{REGISTER}/get-metrics", data=wrong, headers=headers)).status_code == 400
    assert len(holder.queries["/admin/metrics"]) == 1
