"""How fast rows come in; every figure is checked against the rows that are there afterwards."""

from typing import Any


async def test_five_thousand_rows_are_imported_within_two_seconds(marketing_service: Any) -> None:
    header = b"Email,First Name,Last Name,Company,Job Title,Company Size,Country,Attended,Questions Asked,Downloads\n"
    rows = b"".join(
        b"p%d@alder-%d.example,Ada,Person %d,Alder %d,IT Manager,100-249,Sweden,Yes,2,Product brochure\n"
        % (number, number % 400, number, number % 400)
        for number in range(5_000)
    )
    campaign_id = await marketing_service.campaign()
    stand = await marketing_service.imported(campaign_id, header + rows)
    assert stand["created"] == 5_000
    async with marketing_service.service.runtime.engine.connect() as connection:
        leads = (await connection.exec_driver_sql("select count(*) from leads")).scalar_one()
    assert leads == 5_000
    seconds = 5_000 / stand["rows_per_second"]
    print(f"5,000 rows in {seconds:.2f} s, {stand['rows_per_second']} rows/s")
    assert seconds <= 2
