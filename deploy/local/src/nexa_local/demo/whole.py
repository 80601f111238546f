"""The whole story, act by act."""

from nexa_local.demo import marketing_to_sales, marketing_whole, sales_to_success, support_to_product
from nexa_local.demo.telling import Checks, Story
from nexa_local.home import Stack


def tell(stack: Stack) -> Checks:
    """All acts on a fresh stack; gives what was checked."""
    checks = Checks()
    story = Story(stack, checks)
    campaign = marketing_to_sales.tell(story)
    acme = sales_to_success.tell(story, campaign)
    support_to_product.tell(story, acme)
    sales_to_success.tell_the_end(story, acme)
    marketing_whole.tell(story, campaign, acme)
    return checks
