"""A connection to the mail server that outlives letters it does not like."""

import logging
from enum import Enum
from smtplib import (
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)
from typing import Final

from django.core.mail import EmailMessage, get_connection

log = logging.getLogger(__name__)

#: From this on a refusal is for good (RFC 5321, 4.2.1).
FOR_GOOD: Final = 500
#: So many letters lost one after the other, and it is no fault of theirs.
MOST_LOST: Final = 3


class MailServerAwayError(Exception):
    """Mails cannot be handed over; those that wait are sent later."""


class Fate(Enum):
    """What became of a letter."""

    TAKEN = "taken"
    REFUSED = "refused for good"
    LOST = "not taken now, or nobody knows"


class Office:
    """Opens the connection when there is a letter, and again when it broke."""

    def __init__(self) -> None:
        self._connection = get_connection()
        self._is_open, self._n_lost = False, 0

    def open(self) -> None:
        """
        Raises
        ------
        MailServerAwayError : nobody answers, or lets us in
        """
        if self._is_open:
            return
        try:
            self._connection.open()
        except (SMTPException, OSError) as error:
            raise _away(error) from error
        self._is_open = True

    def send(self, message: EmailMessage) -> Fate:
        """
        Raises
        ------
        MailServerAwayError : it takes none of several letters
        """
        message.connection = self._connection
        try:
            message.send()
        except (SMTPException, OSError) as error:
            if _is_for_good(error):
                log.warning("a mail was refused: %s", type(error).__name__)
                return Fate.REFUSED
            self.close()
            self._n_lost += 1
            if self._n_lost >= MOST_LOST:
                raise _away(error) from error
            return Fate.LOST
        self._n_lost = 0
        return Fate.TAKEN

    def close(self) -> None:
        """A connection that broke says no goodbye."""
        try:
            self._connection.close()
        except (SMTPException, OSError):
            log.warning("the connection to the mail server broke")
        self._is_open = False


def _is_for_good(error: Exception) -> bool:
    """Whether the letter is refused, and not the sender or the moment."""
    if isinstance(error, SMTPRecipientsRefused):
        return all(code >= FOR_GOOD for code, _ in error.recipients.values())
    if isinstance(error, SMTPResponseException):
        code = int(error.smtp_code)
        return code >= FOR_GOOD and not isinstance(error, SMTPSenderRefused)
    return False


def _away(error: Exception) -> MailServerAwayError:
    return MailServerAwayError(f"{type(error).__name__}: mails wait")
