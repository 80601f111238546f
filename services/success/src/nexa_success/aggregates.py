"""The kinds of streams in this service's store, and what their decisions see beside their own stream."""

from nexa_chassis.domain import Aggregate, AggregateInContext
from nexa_contracts import topics
from nexa_success.account_version import decisions as version_decisions
from nexa_success.account_version import state as version_state
from nexa_success.account_version.events import VersionNoted
from nexa_success.churn_alert import decisions as churn_alert_decisions
from nexa_success.churn_alert import state as churn_alert_state
from nexa_success.churn_alert.events import AlertOwnerChanged
from nexa_success.csm import decisions as csm_decisions
from nexa_success.csm import state as csm_state
from nexa_success.identity import decisions as identity_decisions
from nexa_success.identity import state as identity_state
from nexa_success.identity.events import ConflictSettled, PartNoted
from nexa_success.lifecycle import decisions as lifecycle_decisions
from nexa_success.lifecycle import state as lifecycle_state
from nexa_success.lifecycle.events import FactNoted, LifeContinued, StageDecided
from nexa_success.onboarding import commands as onboarding_commands
from nexa_success.onboarding import decisions as onboarding_decisions
from nexa_success.onboarding import state as onboarding_state
from nexa_success.onboarding.desk import Desk
from nexa_success.onboarding.events import HandoffNoteFiled
from nexa_success.read_models import csm_desk
from nexa_success.renewal import decisions as renewal_decisions
from nexa_success.renewal import state as renewal_state
from nexa_success.renewal.events import RenewalPlanned, RenewalTermsChanged, RenewalWithdrawn
from nexa_success.signals import decisions as signals_decisions
from nexa_success.signals import state as signals_state
from nexa_success.template import decisions as template_decisions
from nexa_success.template import state as template_state

csm = Aggregate[csm_decisions.Command, csm_state.Unlisted | csm_state.Listed](
    name="csm",
    key="csm_id",
    topic=topics.CSM,
    commands=csm_decisions.COMMANDS,
    initial=csm_state.Unlisted(),
    evolve=csm_state.evolve,
    decide=csm_decisions.decide,
)

onboarding_template = Aggregate[template_decisions.ChangeTemplate, template_state.Template](
    name="onboarding_template",
    key="template_id",
    topic=topics.ONBOARDING_TEMPLATE,
    commands=(template_decisions.ChangeTemplate,),
    initial=template_state.DEFAULT_TEMPLATE,
    evolve=template_state.evolve,
    decide=template_decisions.decide,
)

onboarding = AggregateInContext[onboarding_commands.Command, onboarding_state.Onboarding, Desk](
    name="onboarding",
    key="project_id",
    topic=topics.ONBOARDING,
    private=(HandoffNoteFiled,),
    commands=onboarding_commands.COMMANDS,
    initial=onboarding_state.NotStarted(),
    evolve=onboarding_state.evolve,
    decide=onboarding_decisions.decide,
    context=csm_desk.desk,
)

lifecycle = Aggregate[lifecycle_decisions.Command, lifecycle_state.Life](
    name="lifecycle",
    key="party_id",
    topic=topics.LIFECYCLE,
    private=(FactNoted, StageDecided, LifeContinued),
    commands=lifecycle_decisions.COMMANDS,
    initial=lifecycle_state.Unknown(),
    evolve=lifecycle_state.evolve,
    decide=lifecycle_decisions.decide,
)

identity = Aggregate[identity_decisions.Command, identity_state.Identity](
    name="identity",
    key="party_id",
    topic=topics.IDENTITY,
    private=(PartNoted, ConflictSettled),
    commands=identity_decisions.COMMANDS,
    initial=identity_state.NoParty(),
    evolve=identity_state.evolve,
    decide=identity_decisions.decide,
)

account_signals = Aggregate[signals_decisions.ReportSignals, signals_state.AccountSignals](
    name="account_signals",
    key="account_id",
    topic=topics.ACCOUNT_SIGNALS,
    commands=(signals_decisions.ReportSignals,),
    initial=signals_state.AccountSignals(),
    evolve=signals_state.evolve,
    decide=signals_decisions.decide,
)

account_version = Aggregate[version_decisions.ReportVersion, version_state.VersionsRun](
    name="account_version",
    key="account_id",
    topic=topics.ACCOUNT_VERSION,
    private=(VersionNoted,),
    commands=(version_decisions.ReportVersion,),
    initial=version_state.VersionsRun(),
    evolve=version_state.evolve,
    decide=version_decisions.decide,
)

churn_alert = Aggregate[churn_alert_decisions.Command, churn_alert_state.Alert](
    name="churn_alert",
    key="alert_id",
    topic=topics.CHURN_ALERT,
    private=(AlertOwnerChanged,),
    commands=churn_alert_decisions.COMMANDS,
    initial=churn_alert_state.NoAlert(),
    evolve=churn_alert_state.evolve,
    decide=churn_alert_decisions.decide,
)

renewal = Aggregate[renewal_decisions.Command, renewal_state.Renewal](
    name="renewal",
    key="renewal_id",
    topic=topics.RENEWAL,
    private=(RenewalPlanned, RenewalTermsChanged, RenewalWithdrawn),
    commands=renewal_decisions.COMMANDS,
    initial=renewal_state.NotPlanned(),
    evolve=renewal_state.evolve,
    decide=renewal_decisions.decide,
)
