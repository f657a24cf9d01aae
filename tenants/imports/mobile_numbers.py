"""Whether a text message can be sent to a number, by the numbering plans of all countries (libphonenumber)."""

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

_OTHER_SERVICES = frozenset(PhoneNumberType.values()) - {
    PhoneNumberType.MOBILE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE,
    PhoneNumberType.UNKNOWN,
}


def is_mobile_number(number: str) -> bool:
    """Return whether `number`, in the form of E.164, can be a mobile number of its country.

    A number of another service, such as a landline, is not accepted. A number of the right length in an unknown range
    is accepted, because the installed numbering plans can be older than the number.
    """
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return False
    return (
        phonenumbers.format_number(parsed, PhoneNumberFormat.E164) == number
        and phonenumbers.is_possible_number_for_type(parsed, PhoneNumberType.MOBILE)
        and phonenumbers.number_type(parsed) not in _OTHER_SERVICES
    )
