"""How hypothesis runs inside a conformance run: by the run's seed, with nothing kept or guessed."""

from hypothesis import HealthCheck, Phase, settings

# The database would make a run depend on the one before it, and a deadline on the server's load.
_PHASES = (Phase.explicit, Phase.generate, Phase.shrink)


def of(examples: int, *, steps: int = 50) -> settings:
    """Settings for so many examples, and so many steps of a state machine."""
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        database=None,
        deadline=None,
        phases=_PHASES,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
        report_multiple_bugs=False,
    )
