using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Registry;
using Mlp.Spark.Connect;
using Mlp.Spark.OnDemand;
using Mlp.Spark.Scoring;
using Mlp.Spark.Tests.Connect;
using Mlp.Spark.Tests.Servers;
using Mlp.TestSupport;

namespace Mlp.Spark.Tests.OnDemand;

/// <summary>
/// On-demand views of a platform on a real server, the same on every version. Their methods travel in the assembly of these tests, which refers to some that the worker does not have and the methods do not need.
/// </summary>
public abstract class SparkOnDemandQueryTests(SparkServer server) : IAsyncLifetime, IDisposable
{
    private const string Model = "sum";

    private static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    private readonly TempDirectory _folder = new();
    private MlPlatform _platform = null!;

    public async Task InitializeAsync()
    {
        _platform = MlPlatform.CreateBuilder().UseDataDirectory(_folder.Combine("data")).AddFeatures(TaxiViews.Add).AddModel(Model, m => m.LoadOnFirstCall()).Build();
        await _platform.StartAsync();
        var rows = Enumerable.Range(1, 20).Select(i => new { Zone = 1L, Distance = (double)i, Passengers = 2L, At = Noon }).ToList();
        foreach (var service in new[] { TaxiViews.Service, TaxiViews.UnsteadyService })
        {
            using var set = await _platform.Features.CreateTrainingSetAsync(service, rows, "at");
        }

        var manifest = await _platform.Registry.PublishAsync(Model, new ModelPackage
        {
            Onnx = OnnxBytes.Linear(inputs: 3, outputs: 1, weight: 2),
            Output = new ModelOutput { Task = ModelTask.Regression, ScoreOutput = "score" },
            Features = [.. _platform.Features.Catalog.FindService(TaxiViews.Service)!.Description.Layout.Columns],
            FeatureService = _platform.Features.Catalog.FindService(TaxiViews.Service)!.Description.Reference,
        });
        await _platform.Registry.SetAliasAsync(Model, "champion", manifest.Version, 0);
    }

    public Task DisposeAsync() => _platform.DisposeAsync().AsTask();

    public void Dispose()
    {
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    [SparkFact]
    public async Task Score_ModelWithOnDemandViews_ComputesThemFirst()
    {
        await using var session = await ConnectAsync();
        var model = SparkModel.FromAlias(_platform.Registry, Model);
        var options = new SparkScoreOptions { Keep = ["id"] };

        var table = await CollectedRows.OfAsync(Trips(session).Score(Model, keep: "id").OrderBy("id"));
        var column = await CollectedRows.OfAsync(Trips(session).WithColumn("s", session.ScoreColumn(model)).Select("id", "s").OrderBy("id"));
        var groups = await CollectedRows.OfAsync(Trips(session).GroupBy("kind").Score(model, options).OrderBy("id"));

        // 2 * (mean fare + distance per passenger + mean fare); without a mean fare NaN, as served.
        foreach (var rows in new[] { table, column, groups })
        {
            Assert.Equal([1, 2, 3], rows.Int64(0));
            Assert.Equal([24.0, 5.0, double.NaN], rows.Double(1));
        }
    }

    [SparkFact]
    public async Task Score_TableThatHasTheFeatures_TakesThemUnlessTheyShallBeComputed()
    {
        await using var session = await ConnectAsync();
        var table = Trips(session).WithColumn("trip_per_passenger", SparkColumn.Sql("100.0F")).WithColumn("trip_area_fare", SparkColumn.Sql("1000.0F")).Where("id = 1");
        var model = SparkModel.FromAlias(_platform.Registry, Model);

        Assert.Equal([2208.0], (await CollectedRows.OfAsync(table.Score(model, new() { Keep = [] }))).Double(0));
        Assert.Equal([24.0], (await CollectedRows.OfAsync(table.Score(model, new() { Keep = [], ComputeOnDemand = true }))).Double(0));
    }

    [SparkFact]
    public async Task Score_TableWithoutARequest_IsSaidBeforeATaskStarts()
    {
        await using var session = await ConnectAsync();

        var missing = await Assert.ThrowsAsync<ArgumentException>(() => Trips(session).Select("id", "passengers", "mean_fare").Score(Model).CountAsync());
        var wrong = await Assert.ThrowsAsync<ArgumentException>(() => Trips(session).WithColumn("distance", "kind").Score(Model).CountAsync());

        Assert.Equal(
            "Expected a column 'distance' of type Float64, from which the on-demand feature view 'trips' version 2 computes, but found columns 'id', 'passengers', 'mean_fare' (model 'sum' version 1).",
            missing.Message);
        Assert.Contains("Expected a column 'distance' of type Float64, from which the on-demand feature view 'trips' version 2 computes, but found type string (", wrong.Message, StringComparison.Ordinal);
    }

    [SparkFact]
    public async Task Apply_OnDemandView_GivesTheKeptColumnsAndItsFeatures()
    {
        await using var session = await ConnectAsync();

        var rows = await CollectedRows.OfAsync(Trips(session).Apply(SparkOnDemandView.Find(_platform.Features, "trips"), keep: "id").OrderBy("id").SelectSql("id", "CAST(per_passenger AS double)", "CAST(area_fare AS double) AS f"));

        Assert.Equal(["id", "per_passenger", "f"], rows.Names);
        Assert.Equal([4.0, 0.5, 1.0], rows.Double(1));
        Assert.Equal([4.0, 1.0, -1.0], rows.Double(2));
    }

    [SparkFact]
    public async Task Apply_ViewThatComputesOtherBits_IsRefusedByItsGoldenRows()
    {
        await using var session = await ConnectAsync();

        var error = await Assert.ThrowsAsync<SparkException>(() => Trips(session).Apply(SparkOnDemandView.Find(_platform.Features, TaxiViews.Unsteady)).CountAsync());

        Assert.Contains("Expected the on-demand feature view 'unsteady' version 1 to compute what it computed before, but feature 'where' of golden row 0 in '", error.Message, StringComparison.Ordinal);
        Assert.Contains("Raise its version when its method changes.", error.Message, StringComparison.Ordinal);
    }

    private static SparkDataFrame Trips(SparkSession session) => session.Sql(
        "SELECT * FROM VALUES (1L, 8.0D, 2L, 4.0F, 'x'), (2L, 2.0D, 4L, 1.0F, 'y'), (3L, 3.0D, 3L, CAST(NULL AS float), 'x') AS t(id, distance, passengers, mean_fare, kind)");

    private async Task<SparkSession> ConnectAsync() => _platform.Spark(await server.ConnectionAsync(), new SparkSessionOptions { WorkerPath = SparkServer.Worker });
}
