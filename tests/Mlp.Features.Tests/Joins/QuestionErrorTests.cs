using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Joins;
using Mlp.Features.Offline;
using Mlp.Features.Tests.Materialization;
using Mlp.Runtime.Data;

namespace Mlp.Features.Tests.Joins;

/// <summary>Questions that cannot be answered, and sets that are gone, are sentences that name what is wrong.</summary>
public sealed class QuestionErrorTests : IAsyncLifetime, IAsyncDisposable
{
    private static readonly FeatureCatalog Catalog = new FeaturesBuilder().Add<Shop>().AddService("shops", 1, service => service.From<Shop>()).Build();

    private readonly FeatureStoreHarness _harness = new(Catalog);

    private FeatureStore Store => _harness.Store;

    private DateTimeOffset Now => _harness.Clock.GetUtcNow();

    public async Task InitializeAsync()
    {
        await _harness.OpenAsync();
        await Store.IngestAsync([new Shop("a", Now, Now, 1), new Shop("b", Now, Now, 2)]);
    }

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public ValueTask DisposeAsync() => _harness.DisposeAsync();

    [Theory]
    [InlineData(0)]
    [InlineData(256 << 20)]
    public async Task ReadAsync_DisposedSet_SaysSoInsteadOfHavingNoRows(long memory)
    {
        _harness.Options.TrainingSetMemoryBytes = memory;
        await _harness.ReopenAsync();
        var set = await AskAsync("sold");
        var before = set.ReadAsync();
        await using var during = set.ReadAsync().GetAsyncEnumerator();
        Assert.True(await during.MoveNextAsync());
        set.Dispose();

        const string Sentence = "Expected the training set of shops to be read before it is disposed, but it has been disposed. Keep it until the trainer is done, or save it first.";
        Assert.StartsWith(Sentence, Assert.Throws<ObjectDisposedException>(() => set.ReadAsync()).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () =>
        {
            await foreach (var batch in before)
            {
                batch.Dispose();
            }
        });
        await Assert.ThrowsAsync<ObjectDisposedException>(() => during.MoveNextAsync().AsTask());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => set.SaveAsync(_harness.NewFolder("frozen")));
    }

    [Fact]
    public async Task CreateTrainingSetAsync_LabelThatIsTimeOrKey_IsRefused()
    {
        var time = await Assert.ThrowsAsync<SpineException>(() => AskAsync("at"));
        var key = await Assert.ThrowsAsync<SpineException>(() => AskAsync("id"));

        Assert.Equal("Expected a label column beside the time column for feature service 'shops' version 1, but 'at' is named as both.", time.Message);
        Assert.Equal("Expected a label column that is no key of feature service 'shops' version 1, but found 'id'.", key.Message);
    }

    [Fact]
    public async Task ReadHistoryAsync_FeatureTwiceOrCountOutOfRange_NamesIt()
    {
        var twice = await Assert.ThrowsAsync<FeatureDefinitionException>(() => HistoryAsync(new FeatureHistoryOptions { Features = ["sales", "sales"] }));
        Assert.Equal("Expected every feature of feature view 'shop' version 1 once, but 'sales' is asked for 2 times.", twice.Message);
        Assert.Throws<FeatureDefinitionException>(() => Store.ReadRangeAsync("shop", Now, Now.AddDays(1), new FeatureRangeOptions { Features = ["sales", "sales"] }));
        foreach (var count in new[] { 0, 100_001 })
        {
            var range = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => HistoryAsync(new FeatureHistoryOptions { Count = count }));
            Assert.StartsWith($"Expected FeatureHistoryOptions.Count to be from 1 to 100000, but found {count}.", range.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task CheckLeakageAsync_NoRowsToSample_IsASentence()
    {
        using var set = await AskAsync("sold");
        var error = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Store.CheckLeakageAsync(set, 0));

        Assert.StartsWith("Expected at least 1 row to be sampled, but found 0.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CreateTrainingSetAsync_CommitThatNeverWas_IsOneSentence()
    {
        using var set = await AskAsync("sold");
        var options = new TrainingSetOptions { TimeTravel = OfflineTimeTravel.ToCommits([set.Manifest.Commits[0] with { Commit = 99 }]) };
        var error = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Store.CreateTrainingSetAsync("shops", Questions(), "at", options: options));

        Assert.StartsWith("Expected a commit of feature view 'shop' version 1 from 0 to 1, but found 99.", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    private Task<JoinedTrainingSet> AskAsync(string label) => Store.CreateTrainingSetAsync("shops", Questions(), "at", label);

    private IEnumerable<Question> Questions() => [new("a", Now, true), new("b", Now, false)];

    private async Task HistoryAsync(FeatureHistoryOptions options)
    {
        await foreach (var batch in Store.ReadHistoryAsync("shop", [new { Id = "a" }], options))
        {
            batch.Dispose();
        }
    }

    private sealed record Question(string Id, DateTimeOffset At, bool Sold);
}
