"""The console at `/sandbox/console`: a window on the sandbox for people, imported when one looks.

    entrance.py -> application.py (ASGI)
      -> live.py        what is pushed: no thread waits for it
      -> site.py        the pages (Flask, in threads): who may look, the frame around each page
         -> pages/      one module for each entry of the navigation
            -> door.py  asks the API, on its event loop, as the actor `console`

access/ has links and sessions. A form is of forms/, out of the contract; what it asks for is a
Wanted, which is sent through the door or shown as code. shown/ is how things look.

A page reads through the door, through the store's read side in its own thread, or what only memory
has (requests, receivers) on the event loop; it writes through the door only, so that every rule,
answer and log entry is the API's own.
"""
