"""Everything about a server that can be chosen, whatever it was chosen with."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from zen_sandbox.delivery.guard import Network
from zen_sandbox.tokens import JwtRules

if TYPE_CHECKING:
    from limits import RateLimitItem


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How the application behaves; how it is reached (host, port) is the command's business."""

    base_url: str = "http://127.0.0.1:8080"
    jwt: JwtRules | None = None  # None: HS256 with the database's own secret
    admin_token: str | None = None  # None: nobody may use what is below /sandbox/
    rate_limit: "RateLimitItem | None" = None
    cors_origins: tuple[str, ...] = ()
    validate_responses: bool = False
    seed: int | None = None
    loopback_targets: bool = True  # whether attempts may reach this machine's own addresses
    allowed_targets: tuple[Network, ...] = ()  # networks they may reach besides public addresses
    console_networks: tuple[Network, ...] = ()  # whose browsers see the console, besides our own
    retention_days: int = 30  # how long attempts, events and log entries are kept
    deliver: bool = True  # whether attempts are made; else they stay queued
    lock_timeout: float = 5.0  # seconds a write waits for another process's lock
    max_in_flight: int = 1000  # requests under way before further ones are answered 503
