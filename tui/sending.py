"""A screen that exists to send one thing: it goes when that was taken, and stays with the reason when it was refused."""

from __future__ import annotations

from tui.acting import Answered, Begun
from tui.desk_screen import DeskScreen, leave


class SendingScreen(DeskScreen):
    def __init__(self) -> None:
        super().__init__()
        self.answered: Answered | None = None
        """What came of it, for those who come back from here; None: left as it was."""
        self.is_sending = False

    def send(self, begun: Begun) -> None:
        """Tell what comes of it, when it has come; until then nothing else can be sent."""
        self.is_sending = True
        self.run_worker(self._tell(begun))

    async def _tell(self, begun: Begun) -> None:
        """What was taken leaves the screen, and so does what somebody else's change has overtaken; a refusal stays."""
        try:
            answered = await begun.answered()
        finally:
            self.is_sending = False
        if answered.taken or answered.conflict is not None:
            self.answered = answered
            leave(self)
        else:
            self.say(answered.sentence)
            self.show_keys()

    def do_back(self) -> None:
        """Not before what came of it can be told."""
        if self.is_sending:
            self.say("Not possible: it is being saved")
        else:
            super().do_back()
