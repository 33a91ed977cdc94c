using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Ingestion;
using Mlp.Features.Tests.Offline;
using Mlp.Runtime.Data;
using Mlp.TestSupport;
using Npgsql;

namespace Mlp.Features.Tests.Ingestion;

/// <summary>What a real provider gives for real types.</summary>
public sealed class PostgreSqlIngestTests : IDisposable
{
    private static readonly FeatureViewDefinition View = new FeatureViewBuilder("customers")
        .Key("id", EntityValueKind.Guid).EventTime("t").CreatedTime("c").Feature("n", FeatureType.Int64).Feature("x", FeatureType.Float64).Feature("y", FeatureType.Float32)
        .Feature("b", FeatureType.Boolean).Feature("s", FeatureType.String).Feature("d", FeatureType.Int64).Feature("m", FeatureType.Float64).Build();

    private readonly TempDirectory _temp = new();

    [PostgreSqlFact]
    public async Task IngestReaderAsync_Npgsql_TakesEveryTypeExactly()
    {
        using var server = PostgreSqlServer.Start();
        await using var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync();
        var store = FeatureStore.Open(_temp.Combine("ml-data"), new FeaturesBuilder().Add(View).Build());
        await using var command = connection.CreateCommand();
        command.CommandText = """
            SELECT CASE WHEN i % 10 = 0 THEN NULL ELSE '0f8fad5b-d9cb-469f-a165-70867728950e'::uuid END AS id,
                   timestamptz '2026-01-01 00:00:00.000001+00' + i * interval '1 second' AS t, timestamp '2026-01-02 00:00:00' AS c,
                   9007199254740993 + i AS n, i / 4.0::float8 AS x, 0.1::real AS y, i % 2 = 0 AS b, 'é' || i AS s, interval '1.5 seconds' AS d, 0.1::numeric(20, 5) AS m
            FROM generate_series(0, 4999) i ORDER BY i
            """;
        await using (var reader = await command.ExecuteReaderAsync())
        {
            var result = await store.IngestReaderAsync("customers", reader, batchId: "customers");
            Assert.Equal((5000, 500), (result.RowCount, result.NullKeyRowCount));
        }

        Assert.Equal(Enumerable.Range(0, 5000).Select(i => 9_007_199_254_740_993 + i), Reading.Column<long>(store, View, "n"));
        Assert.Equal(
            ("0f8fad5b-d9cb-469f-a165-70867728950e", 1_767_225_601_000_001L, 1_767_312_000_000_000L, 0.25, 0.1f, false, "é1", 1_500_000L, 0.1),
            Reading.Rows(
                store,
                View,
                "id, epoch_us(event_time), epoch_us(created_time), x, y, b, s, d, m",
                row => ((string?)row[0], (long)row[1]!, (long)row[2]!, (double)row[3]!, (float)row[4]!, (bool)row[5]!, (string)row[6]!, (long)row[7]!, (double)row[8]!))[1]);
    }

    [PostgreSqlFact]
    public async Task IngestReaderAsync_QueryFailsOnTheWay_CommitsNothing()
    {
        using var server = PostgreSqlServer.Start();
        await using var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync();
        var store = FeatureStore.Open(_temp.Combine("ml-data"), new FeaturesBuilder().Add(View).Build());
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT gen_random_uuid() AS id, now() AS t, now() AS c, 1000 / (4000 - i)::bigint AS n, 1.0::float8 AS x, 1.0::real AS y, true AS b, '' AS s, 1::bigint AS d, 1.0::float8 AS m FROM generate_series(0, 5000) i";
        await using var reader = await command.ExecuteReaderAsync();

        await Assert.ThrowsAsync<PostgresException>(() => store.IngestReaderAsync("customers", reader));

        Assert.Empty(Reading.Column<long>(store, View, "n"));
    }

    public void Dispose() => _temp.Dispose();
}
