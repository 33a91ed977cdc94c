using Apache.Arrow.Types;
using Mlp.Features;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Spark.Commands;
using Mlp.Spark.OnDemand;
using Mlp.Spark.Scoring;
using Mlp.Spark.Tests.OnDemand;
using Mlp.TestSupport;

namespace Mlp.Spark.Tests.Scoring;

/// <summary>Which on-demand views the worker computes for a table.</summary>
public sealed class ServiceViewsTests : IDisposable
{
    private readonly TempDirectory _folder = new();

    [Fact]
    public void Find_TableOfRequests_ComputesTheView()
    {
        var columns = Columns("distance", "passengers", "mean_fare");

        var views = ServiceViews.Find(Manifest(), Store(TaxiViews.Add), new(), columns);
        var inputs = new ScoreBinding(Manifest(), new()).Bind(columns, views);

        Assert.Equal("trips", Assert.Single(views.Views).Definition.Name);
        Assert.Equal(
            [new InputColumn("mean_fare", "mean_fare"), new InputColumn("trip_per_passenger", "per_passenger", View: "trips"), new InputColumn("trip_area_fare", "area_fare", View: "trips")], inputs);
    }

    [Theory]
    [InlineData(null, false, "trip_per_passenger", "trip_area_fare")]
    [InlineData(null, true, "trip_per_passenger")]
    [InlineData(null, true)]
    [InlineData(true, true, "trip_per_passenger", "trip_area_fare")]
    [InlineData(false, false)]
    public void Find_TableWithFeatures_ComputesUnlessAllAreThere(bool? compute, bool expected, params string[] columns)
        => Assert.Equal(expected, ServiceViews.Find(Manifest(), Store(TaxiViews.Add), new() { ComputeOnDemand = compute }, Columns(columns)).Views.Count == 1);

    [Fact]
    public void Find_FeatureThatIsCalledLikeItsRequest_IsComputed()
    {
        var store = Store(f => f.AddOnDemand<Fare, Fare>(Fare.Log).AddService("fares", 1, s => s.From<Fare>()));
        var service = store.Catalog.FindService("fares")!;
        var manifest = TestManifest.Of("fares", 1) with { Features = [.. service.Description.Layout.Columns], FeatureService = service.Description.Reference };

        Assert.Single(ServiceViews.Find(manifest, store, new(), Columns("amount")).Views);
    }

    [Fact]
    public void Find_ServiceThatTheSessionDoesNotKnow_TakesColumns()
    {
        Assert.Empty(ServiceViews.Find(Manifest(), null, new(), []).Views);
        Assert.Empty(ServiceViews.Find(Manifest() with { FeatureService = null }, Store(TaxiViews.Add), new(), []).Views);

        var unknown = Assert.Throws<ArgumentException>(() => ServiceViews.Find(Manifest(), null, new() { ComputeOnDemand = true }, []));
        var none = Assert.Throws<ArgumentException>(() => ServiceViews.Find(Manifest() with { FeatureService = null }, null, new() { ComputeOnDemand = true }, []));

        Assert.Contains("but found feature service 'taxi' version 1, which the session does not know: make it by platform.Spark (model 'sum' version 1).", unknown.Message, StringComparison.Ordinal);
        Assert.Contains("but found a model without one (model 'sum' version 1).", none.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Find_ServiceOfAnotherDefinition_IsRefused()
    {
        var manifest = Manifest();
        var changed = manifest with { FeatureService = manifest.FeatureService! with { Fingerprint = new string('0', 64) } };

        var error = Assert.Throws<InvalidModelException>(() => ServiceViews.Find(changed, Store(TaxiViews.Add), new(), []));

        Assert.Contains("Expected the feature service 'taxi' version 1 with fingerprint 000000000000, on which the model was trained, but found ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Find_View_NamesWhatThereIs()
    {
        var store = Store(TaxiViews.Add);

        var unknown = Assert.Throws<ArgumentException>(() => SparkOnDemandView.Find(store, "trip"));
        var version = Assert.Throws<ArgumentException>(() => SparkOnDemandView.Find(store, "trips", 1));
        var lambda = Assert.Throws<ArgumentException>(() => SparkOnDemandView.Find(store, "doubled"));

        Assert.StartsWith("Expected an on-demand feature view 'trip', but the platform has 'trips' version 2, 'unsteady' version 1, 'doubled' version 1.", unknown.Message, StringComparison.Ordinal);
        Assert.StartsWith("Expected an on-demand feature view 'trips' version 1, but the platform has ", version.Message, StringComparison.Ordinal);
        Assert.StartsWith("Expected a static method without type parameters to compute the on-demand feature view 'doubled' version 1, which the worker can find by its name, but found ", lambda.Message, StringComparison.Ordinal);
        Assert.Equal(2, SparkOnDemandView.Find(store, "trips").Definition.Version);
    }

    public void Dispose() => _folder.Dispose();

    private static List<TableColumn> Columns(params string[] names) => [.. names.Select(n => new TableColumn(n, FloatType.Default, "float"))];

    private FeatureStore Store(Action<FeaturesBuilder> add)
    {
        var builder = new FeaturesBuilder();
        add(builder);
        return new FeatureStore(new DataDirectory(_folder.FullName, MlPlatformMode.Owner), builder.Build());
    }

    private ModelManifest Manifest()
    {
        var service = Store(TaxiViews.Add).Catalog.FindService(TaxiViews.Service)!.Description;
        return TestManifest.Of("sum", 1) with
        {
            Signature = new ModelSignature([new TensorSpecification("float32", TensorElementKind.Float32, [-1, 3])], [new TensorSpecification("y", TensorElementKind.Float32, [-1, 1])]),
            Features = [.. service.Layout.Columns],
            FeatureService = service.Reference,
        };
    }

    private sealed record Fare(float Amount)
    {
        public static Fare Log(Fare request) => new(MathF.Log(request.Amount));
    }
}
