"""What a page shows, and what its forms send."""

import pytest

from ops.browser.errors import Unexpected
from ops.browser.page import Page

HTML = """<!doctype html>
<html><head><title>Choose – Aurora</title></head><body>
<div id="problem" role="alert"><h2>There is a problem</h2><p>Choose at <em>least</em> one</p></div>
<form method="post" action="/flow/1/accounts">
  <input type="hidden" name="form_token" value="t&amp;1">
  <label for="account-1"><input type="checkbox" id="account-1" name="account" value="a"></label>
  <input type="checkbox" id="account-2" name="account" value="b" checked>
  <input type="checkbox" id="agree" name="agree">
  <input type="text" id="nickname" name="nickname" value="was">
  <input type="text" id="nameless">
  <input type="text" id="off" name="off" disabled>
  <button id="continue" type="submit">Continue</button>
  <button id="cancel" type="submit" form="cancel-form">Cancel</button>
</form>
<form id="cancel-form" method="post" action="cancel"><input type="hidden" name="form_token" value="t2"></form>
<button id="stray">Nowhere</button><button id="lost" form="missing">Nowhere</button>
<a id="away" href="/elsewhere">Away<br>we go</a>
</body></html>"""
PAGE = Page("https://aurora.haas.localhost/flow/1/accounts", 200, HTML)


def test_elements_are_found_by_their_ids() -> None:
    assert PAGE.title == "Choose – Aurora"
    assert PAGE.element("problem").text == "There is a problem Choose at least one"
    assert PAGE.element("away").attributes["href"] == "/elsewhere"
    assert PAGE.element("away").text == "Away we go"
    assert PAGE.choices("account") == ["account-1", "account-2"]


def test_the_error_for_a_missing_element_describes_the_page() -> None:
    with pytest.raises(Unexpected) as unexpected:
        PAGE.element("authorise")
    assert "#authorise" in unexpected.value.expected
    assert "200 https://aurora.haas.localhost/flow/1/accounts" in unexpected.value.received
    assert "Choose at least one" in unexpected.value.received


def test_a_form_sends_its_successful_controls() -> None:
    form = PAGE.element("continue").form
    assert form
    assert (form.method, form.action) == ("post", "/flow/1/accounts")
    assert form.entries({}, set()) == {"form_token": ["t&1"], "account": ["b"], "nickname": ["was"]}
    assert form.entries({"nickname": "is"}, {"account-1", "agree"}) == {
        "form_token": ["t&1"],
        "account": ["a", "b"],
        "agree": ["on"],
        "nickname": ["is"],
    }


def test_a_button_belongs_to_the_form_that_it_names() -> None:
    cancel = PAGE.element("cancel").form
    assert cancel
    assert cancel.action == "cancel"
    assert cancel.entries({}, set()) == {"form_token": ["t2"]}
    assert PAGE.element("stray").form is None
    assert PAGE.element("lost").form is None


def test_two_elements_with_one_id_are_refused() -> None:
    with pytest.raises(Unexpected, match="two elements #a"):
        Page("https://aurora.haas.localhost/", 200, '<p id="a">one</p><p id="a">two</p>')


def test_a_form_is_found_by_the_end_of_its_action() -> None:
    assert PAGE.form("/accounts").entries()["form_token"] == ["t&1"]
    with pytest.raises(Unexpected, match="a form to …/verify"):
        PAGE.form("/verify")
