"""The kinds of streams in this service's store."""

from nexa_chassis.domain import Aggregate, AggregateInContext
from nexa_contracts import topics
from nexa_scoring.account_health import decisions as account_health_decisions
from nexa_scoring.account_health import state as account_health_state
from nexa_scoring.account_health.events import ScoringStopped
from nexa_scoring.health_rules import decisions as health_rules_decisions
from nexa_scoring.health_rules import state as health_rules_state
from nexa_scoring.health_rules.state import HealthRules
from nexa_scoring.lead_score import decisions as lead_score_decisions
from nexa_scoring.lead_score import state as lead_score_state
from nexa_scoring.read_models import health_rules_in_force, rules_in_force
from nexa_scoring.rules import decisions as rules_decisions
from nexa_scoring.rules import state as rules_state
from nexa_scoring.rules.state import RuleBook, Rules
from nexa_scoring.ticket_analysis import decisions as ticket_analysis_decisions
from nexa_scoring.ticket_analysis import events as ticket_analysis_events
from nexa_scoring.ticket_analysis import preparing
from nexa_scoring.ticket_analysis import state as ticket_analysis_state
from nexa_scoring.ticket_rules import decisions as ticket_rules_decisions
from nexa_scoring.ticket_rules import state as ticket_rules_state

scoring_rules = Aggregate[rules_decisions.RulesCommand, RuleBook](
    name="scoring_rules",
    key="rules_id",
    topic=topics.SCORING_RULES,
    commands=rules_decisions.COMMANDS,
    initial=RuleBook(),
    evolve=rules_state.evolve,
    decide=rules_decisions.decide,
)

lead_score = AggregateInContext[lead_score_decisions.ScoreLead, lead_score_state.LeadScore, Rules](
    name="lead_score",
    key="lead_id",
    topic=topics.LEAD_SCORE,
    commands=(lead_score_decisions.ScoreLead,),
    initial=lead_score_state.Unscored(),
    evolve=lead_score_state.evolve,
    decide=lead_score_decisions.decide,
    context=rules_in_force.in_force,
)

health_rules = Aggregate[health_rules_decisions.ChangeHealthRules, HealthRules](
    name="health_rules",
    key="rules_id",
    topic=topics.HEALTH_RULES,
    commands=(health_rules_decisions.ChangeHealthRules,),
    initial=health_rules_state.DEFAULT_RULES,
    evolve=health_rules_state.evolve,
    decide=health_rules_decisions.decide,
)

account_health = AggregateInContext[
    account_health_decisions.HealthCommand, account_health_state.AccountHealth, HealthRules
](
    name="account_health",
    key="account_id",
    topic=topics.ACCOUNT_HEALTH,
    private=(ScoringStopped,),
    commands=(account_health_decisions.ScoreAccount, account_health_decisions.StopScoring),
    initial=account_health_state.Unscored(),
    evolve=account_health_state.evolve,
    decide=account_health_decisions.decide,
    context=health_rules_in_force.in_force,
)

ticket_rules = Aggregate[ticket_rules_decisions.TicketRulesCommand, ticket_rules_state.TicketRules](
    name="ticket_rules",
    key="rules_id",
    topic=topics.TICKET_RULES,
    commands=(
        ticket_rules_decisions.ChangeTicketRules,
        ticket_rules_decisions.PutFeature,
        ticket_rules_decisions.RemoveFeature,
    ),
    initial=ticket_rules_state.DEFAULT_RULES,
    evolve=ticket_rules_state.evolve,
    decide=ticket_rules_decisions.decide,
)

ticket_analysis = AggregateInContext[
    ticket_analysis_decisions.TicketCommand,
    ticket_analysis_state.TicketAnalysis,
    ticket_analysis_decisions.Analyses,
](
    name="ticket_analysis",
    key="ticket_id",
    topic=topics.TICKET_ANALYSIS,
    private=(
        ticket_analysis_events.TicketRead,
        ticket_analysis_events.TicketAttributed,
        ticket_analysis_events.TicketSetAside,
        ticket_analysis_events.TicketTakenBack,
        ticket_analysis_events.AnalysisCorrected,
    ),
    commands=(
        ticket_analysis_decisions.AnalyseTicket,
        ticket_analysis_decisions.AnalyseAgain,
        ticket_analysis_decisions.AttributeTicket,
        ticket_analysis_decisions.SetTicketAside,
        ticket_analysis_decisions.TakeTicketBack,
        ticket_analysis_decisions.KeepLabel,
    ),
    initial=ticket_analysis_state.Unread(),
    evolve=ticket_analysis_state.evolve,
    decide=ticket_analysis_decisions.decide,
    context=preparing.context,
)
