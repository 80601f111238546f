"""The marketing service: campaigns, the files of leads that come in, leads, and the e-mail series they are nurtured with."""

from nexa_chassis.service import Service
from nexa_marketing.api import (
    attribution,
    campaigns,
    import_reports,
    import_reverts,
    imports,
    leads,
    nurture,
    nurture_series,
)
from nexa_marketing.campaign.decisions import campaign
from nexa_marketing.figures_publication import publish_figures
from nexa_marketing.lead.decisions import lead
from nexa_marketing.lead_import.decisions import lead_import
from nexa_marketing.lead_import.importing import import_leads
from nexa_marketing.lead_import.reverting import revert_import
from nexa_marketing.nurture.decisions import enrolment
from nexa_marketing.nurture.moving import move_enrolments
from nexa_marketing.nurture.publishing import series_publication
from nexa_marketing.reactions.next_nurture_step import next_nurture_step
from nexa_marketing.reactions.nurture_low_leads import nurture_low_leads
from nexa_marketing.reactions.take_answers_to_mails import take_answers_to_mails
from nexa_marketing.read_models.campaign_list import campaign_list
from nexa_marketing.read_models.campaign_results import campaign_results
from nexa_marketing.read_models.deal_history import history_of_deals
from nexa_marketing.read_models.import_list import import_list
from nexa_marketing.read_models.lead_list import lead_list
from nexa_marketing.read_models.lead_touches import touches_of_leads
from nexa_marketing.read_models.nurture_list import nurture_list
from nexa_marketing.read_models.nurture_series import nurture_series as series_published
from nexa_marketing.tables import metadata

marketing = Service(
    name="marketing",
    migrations="nexa_marketing.migrations",
    metadata=metadata,
    aggregates=[campaign, lead_import, lead, enrolment, series_publication],
    reactions=[nurture_low_leads, next_nurture_step, take_answers_to_mails],
    read_models=[
        campaign_list,
        campaign_results,
        history_of_deals,
        import_list,
        lead_list,
        touches_of_leads,
        nurture_list,
        series_published,
    ],
    jobs=[import_leads, revert_import, move_enrolments],
    workers=[publish_figures],
    routes=[
        campaigns.routes,
        attribution.routes,
        imports.routes,
        import_reports.routes,
        import_reverts.routes,
        leads.routes,
        nurture.routes,
        nurture_series.routes,
    ],
)
