using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Runtime.Data;
using Mlp.Spark.Joins;

namespace Mlp.Spark.Tests.Joins;

/// <summary>The text of the query; what it gives is shown on real servers.</summary>
public sealed class PointInTimeSqlTests
{
    private static readonly PointInTimeSqlOptions Options = new() { Entities = "lake.trips", TimeColumn = "at", TimeType = SparkTimeType.Microseconds };

    [Fact]
    public void For_OneView_IsTheQuery()
    {
        var sql = PointInTimeSql.For(Service(v => v.CreatedTime("known").TimeToLive(TimeSpan.FromSeconds(1))), Options with { Mode = JoinMode.CreatedTime });

        Assert.Equal(
            """
            WITH mlp_joined0 AS (
              SELECT monotonically_increasing_id() AS r, CASE WHEN coalesce(`at` BETWEEN -62135596800000000 AND 253402300799999999, false) THEN `at` ELSE CAST(raise_error(concat('Expected a time of the years 1 to 9999 in every row of column \'at\' of the rows, but found ', CASE WHEN `at` IS NULL THEN 'null.' ELSE 'one beyond.' END)) AS BIGINT) END AS t, struct(*) AS q
              FROM lake.trips
            ),
            mlp_both0 AS (
              SELECT CAST(q.`company` AS STRING) AS k0, CASE WHEN CAST(q.`company` AS STRING) IS NULL THEN t ELSE 0L END AS z, t AS w, 1 AS side, r, t, q, NULL AS v, NULL AS x
              FROM mlp_joined0
              UNION ALL
              SELECT k0, 0L AS z, greatest(e, c) AS w, 0 AS side, NULL AS r, NULL AS t, NULL AS q, struct(e, c, n) AS v, struct(e, f1) AS x
              FROM (SELECT CAST(o.`company` AS STRING) AS k0, {seen} AS e, {known} AS c, o.`batch` AS n, o.`fare` AS f1 FROM `stats` o)
              WHERE k0 IS NOT NULL
            ),
            mlp_joined1 AS (
              SELECT r, t, q, a0
              FROM (SELECT *, max_by(x, v) OVER (PARTITION BY k0, z ORDER BY w, side ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS a0 FROM mlp_both0)
              WHERE side = 1
            )
            SELECT
              r AS `__row`,
              q.*,
              CASE WHEN t - a0.e > 1000000 THEN NULL ELSE a0.f1 END AS `fare`,
              CAST(CASE WHEN a0.e IS NULL THEN 0 WHEN t - a0.e > 1000000 THEN 3 ELSE 1 END AS TINYINT) AS `stats__status`,
              a0.e AS `stats__event_time`
            FROM mlp_joined1
            """.Replace("`stats` o", "stats_of_all o", StringComparison.Ordinal).Replace("{seen}", Time("seen"), StringComparison.Ordinal).Replace("{known}", Time("known"), StringComparison.Ordinal),
            PointInTimeSql.For(
                Service(v => v.CreatedTime("known").TimeToLive(TimeSpan.FromSeconds(1))),
                Options with { Mode = JoinMode.CreatedTime, Tables = new Dictionary<string, PointInTimeTable> { ["stats"] = new("stats_of_all") { SequenceColumn = "batch" } } }));
        Assert.Contains("FROM `stats` o)", sql, StringComparison.Ordinal);
        Assert.Contains("struct(e, c) AS v", sql, StringComparison.Ordinal);

        static string Time(string column)
            => $"CASE WHEN coalesce(unix_micros(o.`{column}`) BETWEEN -62135596800000000 AND 253402300799999999, false) THEN unix_micros(o.`{column}`) ELSE CAST(raise_error(concat('Expected a time of the years 1 to 9999 in every row of column \\'{column}\\' of the rows of feature view \\'stats\\' version 1, but found ', CASE WHEN o.`{column}` IS NULL THEN 'null.' ELSE 'one beyond.' END)) AS BIGINT) END";
    }

    [Fact]
    public void For_CreatedTime_IsTheEventTimeWhereTheDefinitionSaysSo()
    {
        var same = PointInTimeSql.For(Service(v => v.CreatedTimeEqualsEventTime()), Options);
        Assert.DoesNotContain("known", same, StringComparison.Ordinal);
        Assert.Contains("0L AS z, e AS w", same, StringComparison.Ordinal);
        Assert.Contains("a0.f1 AS `fare`", same, StringComparison.Ordinal);

        var service = Service(v => v);
        Assert.StartsWith("Expected a column with the created time of feature view 'stats' version 1,", Assert.Throws<ArgumentException>(() => PointInTimeSql.For(service, Options)).Message, StringComparison.Ordinal);
        Assert.Contains("o.`loaded`", PointInTimeSql.For(service, Options with { Tables = new Dictionary<string, PointInTimeTable> { ["stats"] = new("stats") { CreatedTimeColumn = "loaded" } } }), StringComparison.Ordinal);
    }

    [Fact]
    public void For_TableOfNoView_IsRefused()
        => Assert.StartsWith(
            "Expected tables of the stored views of feature service 'fares' version 1 ('stats'), but found one of 'others'.",
            Assert.Throws<ArgumentException>(() => PointInTimeSql.For(Service(v => v.CreatedTimeEqualsEventTime()), Options with { Tables = new Dictionary<string, PointInTimeTable> { ["others"] = new("others") } })).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("/ml data/100%", "file:///ml data/100%/features/a.parquet")]
    [InlineData("/ml-data/", "file:///ml-data/features/a.parquet")]
    [InlineData("s3a://bucket/ml-data", "s3a://bucket/ml-data/features/a.parquet")]
    public void Locate_DirectoryOrUri_IsWhatSparkOpens(string directory, string expected) => Assert.Equal(expected, OfflineCommitPlan.Locate(directory, "features/a.parquet"));

    [Fact]
    public void Locate_Pattern_IsRefused()
        => Assert.StartsWith("Expected a data directory without '*', '?', '[', ']', '{', '}' and '\\', which", Assert.Throws<ArgumentException>(() => OfflineCommitPlan.Locate("/ml/[1]", "a.parquet")).Message, StringComparison.Ordinal);

    private static FeatureServiceDefinition Service(Func<FeatureViewBuilder, FeatureViewBuilder> times) => new FeaturesBuilder()
        .Add(times(new FeatureViewBuilder("stats").Key("company", EntityValueKind.String).EventTime("seen").Feature("trips", FeatureType.Int64).Feature("fare", FeatureType.Float32)).Build())
        .AddService("fares", 1, s => s.From("stats", 1, "fare"))
        .Build().Services[0];
}
