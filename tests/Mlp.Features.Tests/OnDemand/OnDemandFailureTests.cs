using Apache.Arrow;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Joins;
using Mlp.Features.OnDemand;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.OnDemand;

/// <summary>What a user's method may do wrong: it throws, gives null, gives vectors of another length, or computes something else than it did under its version.</summary>
public sealed class OnDemandFailureTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    private readonly TempDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task CreateTrainingSetAsync_MethodThrows_NamesViewVersionAndRowOfAllBatches()
    {
        var store = Open(Define<Ask, Answer>(ask => new Answer(10 / ask.Divisor)));

        var e = await Assert.ThrowsAsync<OnDemandTransformException>(() => store.CreateTrainingSetAsync("answers", Batches([5, 1], [2, 0, 1]), "at"));

        Assert.Equal("Expected the on-demand feature view 'answer' version 3 to compute its features from row 4, but its method threw DivideByZeroException.", e.Message);
        Assert.Equal(("answer", 3, 4L), (e.View, e.ViewVersion, e.Row));
        Assert.IsType<DivideByZeroException>(e.InnerException);
        Assert.False(e.IsTransient);

        // Nothing half-done: the next set is made, and the rows of the failed one are no golden rows.
        using var set = await store.CreateTrainingSetAsync("answers", Batches([5, 2]), "at");
        Assert.Equal(2, set.Manifest.RowCount);
    }

    [Fact]
    public async Task CreateTrainingSetAsync_MethodGivesNull_SaysSo()
    {
        var store = Open(Define<Ask, Words>(ask => ask.Divisor == 0 ? null! : new Words("x")));
        var e = await Assert.ThrowsAsync<OnDemandTransformException>(() => store.CreateTrainingSetAsync("answers", Batches([1], [0]), "at"));
        Assert.Equal("Expected the on-demand feature view 'words' version 3 to compute its features from row 2, but its method gave null.", e.Message);
        Assert.Null(e.InnerException);
    }

    [Fact]
    public async Task CreateTrainingSetAsync_VectorOfAnotherLength_NamesFeatureAndRow()
    {
        var store = Open(Define<Ask, Direction>(ask => new Direction(new float[ask.Divisor])));
        var e = await Assert.ThrowsAsync<OnDemandTransformException>(() => store.CreateTrainingSetAsync("answers", Batches([2, 2, 3]), "at"));
        Assert.Equal(
            "Expected the on-demand feature view 'direction' version 3 to compute its features from row 3, but its method gave one of 3 for feature 'along', where a vector of 2 floats was expected.", e.Message);
    }

    [Fact]
    public async Task CreateTrainingSetAsync_NullForAPropertyThatTakesNone_NamesColumnAndRowOfAllBatches()
    {
        var store = Open(Define<Ask, Answer>(ask => new Answer(10 / ask.Divisor)));
        var e = await Assert.ThrowsAsync<SpineException>(() => store.CreateTrainingSetAsync("answers", Batches([1, 1], [1, null]), "at"));
        Assert.Equal(
            "Expected a value in column 'divisor' of the rows for 'Ask.Divisor' of the on-demand feature view 'answer' version 3, but found null in row 4. Make the property nullable if it may be absent.", e.Message);
        Assert.Equal(("divisor", 4), (e.Column, e.Row));
    }

    [Fact]
    public void FindRequestWriter_MethodThrows_NamesTheViewForARequest()
    {
        var catalog = Define<Ask, Answer>(ask => new Answer(10 / ask.Divisor));
        var rows = new FeatureRows(catalog.Services[0].Description.Layout, 1);
        rows.Reset(1);
        var write = OnDemandWriters.Find<Ask>(catalog.Services[0])!;

        var e = Assert.Throws<OnDemandTransformException>(() => write(new Ask(0), rows, 0));

        Assert.Equal("Expected the on-demand feature view 'answer' version 3 to compute its features from a request, but its method threw DivideByZeroException.", e.Message);
        Assert.Null(e.Row);
        Assert.Equal(FeatureStatus.Missing, rows.StatusOf(0)[0]);
        write(new Ask(5), rows, 0);
        Assert.Equal(2, rows.Int64Of(0)[0]);
    }

    [Fact]
    public void FindRequestWriter_MethodIsCancelled_IsNotExplained()
    {
        var write = OnDemandWriters.Find<Ask>(Define<Ask, Answer>(_ => throw new OperationCanceledException()).Services[0])!;
        Assert.Throws<OperationCanceledException>(() => write(new Ask(0), new FeatureRows(Define<Ask, Answer>(_ => default).Services[0].Description.Layout, 1), 0));
    }

    [Fact]
    public async Task Open_MethodFailsOnItsGoldenRows_IsRefusedAsChanged()
    {
        using (await Open(Define<Ask, Answer>(ask => new Answer(10 / ask.Divisor))).CreateTrainingSetAsync("answers", Batches([1, 2]), "at"))
        {
        }

        var e = Assert.Throws<FeatureDefinitionException>(() => Open(Define<Ask, Answer>(_ => throw new InvalidOperationException())));

        Assert.StartsWith("Expected the on-demand feature view 'answer' version 3 to compute what it computed before, but it fails on its golden rows in '", e.Message, StringComparison.Ordinal);
        Assert.EndsWith("Raise its version when its method changes.", e.Message, StringComparison.Ordinal);
        Assert.IsType<OnDemandTransformException>(e.InnerException);
    }

    /// <summary>Two processes with different code under one version: whoever comes second is refused, although both started when there were no golden rows.</summary>
    [Fact]
    public async Task GoldenRows_KeptByAnotherProcessAfterTheStart_RefuseTrainingAndServing()
    {
        var old = Open(Define<Ask, Answer>(ask => new Answer(10 / ask.Divisor)));
        var changed = Open(Define<Ask, Answer>(ask => new Answer(11 / ask.Divisor)), MlPlatformMode.Reader);
        Assert.NotNull(old.FindService("answers"));
        Assert.NotNull(changed.FindService("answers"));
        using (await changed.CreateTrainingSetAsync("answers", Batches([1, 2]), "at"))
        {
        }

        var training = await Assert.ThrowsAsync<FeatureDefinitionException>(() => old.CreateTrainingSetAsync("answers", Batches([1, 2]), "at"));
        var serving = Assert.Throws<FeatureDefinitionException>(() => old.FindService("answers"));

        Assert.Contains("but feature 'tenth' of golden row 0 in '", training.Message, StringComparison.Ordinal);
        Assert.Equal(training.Message, serving.Message);
        Assert.NotNull(changed.FindService("answers"));
        using var more = await changed.CreateTrainingSetAsync("answers", Batches([1, 2, 3]), "at");

        // Rows of another version are its own.
        var raised = Open(Define<Ask, Answer>(ask => new Answer(12 / ask.Divisor), version: 4, serviceVersion: 2));
        Assert.NotNull(raised.FindService("answers"));
    }

    [Fact]
    public void Open_OutputSchemaChangedUnderTheSameVersion_IsRefusedForViewAndService()
    {
        Open(Define<Ask, Direction>(ask => new Direction(null)));

        var length = Assert.Throws<DefinitionConflictException>(() => Open(Define<Ask, Turned>(ask => new Turned(null), "direction")));
        Assert.Equal(["field 'along': stored Float32[2], found Float32[3]"], length.Differences);
        var type = Assert.Throws<DefinitionConflictException>(() => Open(Define<Ask, Scalar>(ask => new Scalar(0), "direction")));
        Assert.Equal(["field 'along': stored Float32[2], found Float64"], type.Differences);

        // Of the same view under another version the service is another one too.
        var service = Assert.Throws<DefinitionConflictException>(() => Open(Define<Ask, Scalar>(ask => new Scalar(0), "direction", version: 4)));
        Assert.Contains("Expected 'answers' version 1 to be as stored", service.Message, StringComparison.Ordinal);
    }

    private static FeatureCatalog Define<TRequest, TFeatures>(Func<TRequest, TFeatures> method, string? name = null, int version = 3, int serviceVersion = 1)
        => new FeaturesBuilder().AddOnDemand(method, name, version).AddService("answers", serviceVersion, s => s.From<TFeatures>()).Build();

    private static async IAsyncEnumerable<RecordBatch> Batches(params long?[][] divisors)
    {
        foreach (var batch in divisors)
        {
            var values = batch.Aggregate(new Int64Array.Builder(), (builder, value) => value is { } number ? builder.Append(number) : builder.AppendNull()).Build();
            var times = new Int64Array.Builder().AppendRange(Enumerable.Repeat(Microseconds.FromRequestTime(Noon), batch.Length)).Build();
            yield return new RecordBatch.Builder().Append("divisor", true, values).Append("at", true, times).Build();
        }

        await Task.CompletedTask;
    }

    private FeatureStore Open(FeatureCatalog catalog, MlPlatformMode mode = MlPlatformMode.Owner) => FeatureStore.Open(_temp.FullName, catalog, mode);

    private readonly record struct Ask(int Divisor);

    private readonly record struct Answer(long Tenth);

    private sealed record Words(string Text);

    private readonly record struct Direction([property: Feature(Length = 2)] float[]? Along);

    private readonly record struct Turned([property: Feature(Length = 3)] float[]? Along);

    private readonly record struct Scalar(double Along);
}
