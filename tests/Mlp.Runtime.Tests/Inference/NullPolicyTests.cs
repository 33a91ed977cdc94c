using Apache.Arrow;
using Apache.Arrow.Types;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Inference;

/// <summary>One policy for features without a value, whichever way they come.</summary>
public sealed class NullPolicyTests
{
    private static readonly FeatureRowLayout Layout = new(
        [new("f", FeatureType.Float32, "a"), new("d", FeatureType.Float64, "a"), new("i", FeatureType.Int64, "b"), new("b", FeatureType.Boolean, "b"), new("s", FeatureType.String, "b")]);

    [Fact]
    public async Task Automatic_ModelWithStatus_IsServedAsItSees()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.Any(Layout, withStatus: true, asColumns: false), Regression(), features: Layout.Columns));

        Assert.Equal(-3 + (-3 * 2) + (0.001 * 2 * 15), await AskEveryWayAsync(platform.Model), 1e-6);
    }

    [Theory]
    [InlineData("i", FeatureType.Int64)]
    [InlineData("b", FeatureType.Boolean)]
    [InlineData("s", FeatureType.String)]
    public async Task Automatic_TypeWithoutNaNThatTheModelCannotSee_IsRefusedEveryWay(string name, FeatureType type)
    {
        var layout = new FeatureRowLayout([new("f", FeatureType.Float32, "a"), new(name, type, "b")]);
        await using var platform = await ServeAsync(Package(TestGraphs.Any(layout, withStatus: false, asColumns: false), Regression(), features: layout.Columns));

        foreach (var error in await ErrorsAsync(platform.Model, 300))
        {
            Assert.Equal(
                $"Expected a value of feature '{name}' of type {type} in row 300, but it is Null, which the model cannot see: it has no input 'status' (model 'tips' version 1). Say what stands for it: ModelOptions.OnNull(\"{name}\", ...).",
                error.Message);
            Assert.Equal((ModelName, 1, name, 300, FeatureStatus.Null), (error.Model, error.Version, error.Feature, error.Row, error.Status));
        }
    }

    [Fact]
    public async Task Automatic_Floats_AreNaN()
    {
        var layout = new FeatureRowLayout([new("f", FeatureType.Float32, "a"), new("d", FeatureType.Float64, "a")]);
        await using var platform = await ServeAsync(Package(TestGraphs.Any(layout, withStatus: false, asColumns: false), Regression(), features: layout.Columns));

        Assert.Equal(-3 + (-3 * 2), await AskEveryWayAsync(platform.Model));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Value_StandsForNull(bool withStatus)
    {
        await using var platform = await ServeAsync(
            Package(TestGraphs.Any(Layout, withStatus, asColumns: false), Regression(), features: Layout.Columns),
            configure: m => m.OnNull("f", 0.5).OnNull("d", 2).OnNull("i", -7).OnNull("b", true).OnNull("s", "ü"));

        Assert.Equal(0.5 + (2 * 2) + (3 * -7) + 4 + (5 * 2) + (withStatus ? 0.001 * 2 * 15 : 0), await AskEveryWayAsync(platform.Model), 1e-5);
    }

    [Fact]
    public async Task Error_OfAFloat_IsRefusedEveryWay()
    {
        var layout = new FeatureRowLayout([new("f", FeatureType.Float32, "a")]);
        await using var platform = await ServeAsync(
            Package(TestGraphs.Any(layout, withStatus: false, asColumns: false), Regression(), features: layout.Columns), configure: m => m.OnNull(NullPolicy.Error));

        foreach (var error in await ErrorsAsync(platform.Model, 2))
        {
            Assert.Equal(
                "Expected a value of feature 'f' of type Float32 in row 2, but it is Null, which the model's options refuse (model 'tips' version 1). Say what stands for it: ModelOptions.OnNull(\"f\", ...).",
                error.Message);
        }

        var span = Assert.Throws<NullFeatureException>(() => platform.Model.Predict([float.NaN]));
        Assert.Equal(("f", 0L, FeatureStatus.Null), (span.Feature, span.Row, span.Status));
        Assert.Equal(1, platform.Model.Predict([1f]).Score);
    }

    [Theory]
    [InlineData(FeatureStatus.Missing)]
    [InlineData(FeatureStatus.Null)]
    [InlineData(FeatureStatus.Expired)]
    public async Task PredictAsync_EntityWithoutAValue_FollowsThePolicy(FeatureStatus status)
    {
        var features = new TestFeatures([new("s", FeatureType.String, "view")], new KeyColumn("company", EntityValueKind.String))
        {
            Write = (_, _, rows) => rows.Status.Fill(status),
        };
        var package = Package(TestGraphs.Any(features.Description.Layout, withStatus: false, asColumns: false), Regression(), features.Description);
        var observer = new TestObserver();
        await using var refusing = await ServeAsync(package, features: features, observers: observer);
        await using var replacing = await ServeAsync(package, features: features, configure: m => m.OnNull("s", "ü"));

        var error = await Assert.ThrowsAsync<NullFeatureException>(async () => await refusing.Model.PredictAsync("x"));

        Assert.Equal((status, 0L), (error.Status, error.Row));
        Assert.Contains($"but it is {status}", error.Message, StringComparison.Ordinal);
        Assert.Equal(PredictionOutcome.Error, Assert.Single(observer.Seen).Outcome);
        Assert.Equal(2, (await replacing.Model.PredictAsync("x")).Score);
    }

    [Fact]
    public async Task Open_PolicyThatDoesNotFit_KeepsTheVersionOut()
    {
        Assert.Equal("Expected a null policy for a feature of the model, but found one for 'x'; its features are 'f', 'd', 'i', 'b', 's' (model 'tips' version 1)", await ReasonAsync(m => m.OnNull("x", 1)));
        Assert.Equal(
            "Expected a value of type Int64 to stand for null of feature 'i' of type Int64, but found 'forty' in MlPlatform:Models:tips:Nulls:Features:i:Value (model 'tips' version 1)", await ReasonAsync(m => m.OnNull("i", "forty")));
        Assert.Equal(
            "Expected a policy other than NaN, which is for floats of feature 's' of type String, but the model's options say otherwise (model 'tips' version 1)",
            await ReasonAsync(m => m.OnNull("s", NullPolicy.NaN)));
        Assert.Throws<ArgumentException>(() => new ModelOptions().OnNull("s", NullPolicy.Value));

        static async Task<string> ReasonAsync(Action<ModelOptions> configure)
        {
            await using var platform = await ServeAsync(
                Package(TestGraphs.Any(Layout, withStatus: true, asColumns: false), Regression(), features: Layout.Columns), configure: configure);
            return platform.Model.UnavailableReason!["version 1 cannot be loaded: ".Length..];
        }
    }

    [Fact]
    public async Task Options_FromConfiguration_AreRead()
    {
        await using var platform = new TestPlatform();
        platform.Services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["MlPlatform:Models:tips:Nulls:Policy"] = "NaN",
            ["MlPlatform:Models:tips:Nulls:Features:i:Value"] = "-7",
            ["MlPlatform:Models:tips:Nulls:Features:b:Value"] = "true",
            ["MlPlatform:Models:tips:Nulls:Features:s:Policy"] = "Value",
            ["MlPlatform:Models:tips:Nulls:Features:s:Value"] = "ü",
        }).Build());
        platform.AddModel(ModelName);
        await platform.PublishAsync(Package(TestGraphs.Any(Layout, withStatus: false, asColumns: false), Regression(), features: Layout.Columns));
        await platform.Catalog.OpenAsync(CancellationToken.None);

        Assert.Null(platform.Model.UnavailableReason);
        Assert.Equal(-3 + (-3 * 2) + (3 * -7) + 4 + (5 * 2), await AskEveryWayAsync(platform.Model), 1e-5);
    }

    /// <summary>The answer to a row without any value, by rows and by table, which must be the same.</summary>
    private static async Task<double> AskEveryWayAsync(IModel model)
    {
        var layout = model.Description!.Layout;
        var rows = new FeatureRows(layout, 3);
        rows.Reset(3);
        rows.Status.Fill(FeatureStatus.Null);
        var results = new Prediction[3];
        model.Predict(rows, results);
        using var scored = await model.ScoreAsync(AllNull(layout, 3));
        using var untyped = await model.ScoreAsync(Batch(layout, _ => new NullArray(3), 3));
        var expected = results[1].Score;
        Assert.Equal([expected, expected, expected], ((DoubleArray)scored.Column("score")).Values.ToArray());
        Assert.Equal([expected, expected, expected], ((DoubleArray)untyped.Column("score")).Values.ToArray());
        return expected;
    }

    /// <summary>What rows and table say whose value is null in one row and there in all others.</summary>
    private static async Task<NullFeatureException[]> ErrorsAsync(IModel model, int nullRow)
    {
        var layout = model.Description!.Layout;
        var rows = new FeatureRows(layout, nullRow + 5);
        rows.Reset(nullRow + 5);
        rows.Status.Fill(FeatureStatus.Present);
        rows.StatusOf(nullRow)[^1] = FeatureStatus.Null;
        var results = new Prediction[nullRow + 5];
        var batch = Batch(layout, i => Values(layout.Columns[i].Type, nullRow + 5, i == layout.Columns.Count - 1 ? nullRow : -1), nullRow + 5);
        return [Assert.Throws<NullFeatureException>(() => model.Predict(rows, results)), await Assert.ThrowsAsync<NullFeatureException>(() => model.ScoreAsync(batch))];
    }

    private static RecordBatch AllNull(FeatureRowLayout layout, int count) => Batch(layout, i => Values(layout.Columns[i].Type, count, null), count);

    private static RecordBatch Batch(FeatureRowLayout layout, Func<int, IArrowArray> column, int count)
    {
        var columns = layout.Columns.Select((_, i) => column(i)).ToList();
        return new RecordBatch(new Schema(layout.Columns.Zip(columns, (c, a) => new Field(c.Name, a.Data.DataType, true)), null), columns, count);
    }

    private static IArrowArray Values(FeatureType type, int count, int? nullRow)
    {
        var isNull = (int row) => nullRow is null || row == nullRow;
        var rows = Enumerable.Range(0, count).ToList();
        return type switch
        {
            FeatureType.Float32 => rows.Aggregate(new FloatArray.Builder(), (b, r) => isNull(r) ? b.AppendNull() : b.Append(1)).Build(),
            FeatureType.Float64 => rows.Aggregate(new DoubleArray.Builder(), (b, r) => isNull(r) ? b.AppendNull() : b.Append(1)).Build(),
            FeatureType.Int64 => rows.Aggregate(new Int64Array.Builder(), (b, r) => isNull(r) ? b.AppendNull() : b.Append(1)).Build(),
            FeatureType.Boolean => rows.Aggregate(new BooleanArray.Builder(), (b, r) => isNull(r) ? b.AppendNull() : b.Append(true)).Build(),
            _ => rows.Aggregate(new StringArray.Builder(), (b, r) => isNull(r) ? b.AppendNull() : b.Append("a")).Build(),
        };
    }
}
