using Mlp.Runtime.Batching;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Tests.Inference;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Batching;

/// <summary>Two runs at once: what each takes, whose answers come, and how a version leaves service under them.</summary>
public sealed class TwoLaneTests : IDisposable
{
    private readonly CancellationTokenSource _cancellation = new();

    private readonly record struct Input(float X);

    private readonly record struct Answer(double Score, float Z);

    public void Dispose() => _cancellation.Dispose();

    [Fact]
    public async Task PredictAsync_BothLanesBusy_TakeCallsByDeadlineAndAnswerEachRight()
    {
        await using var fixture = Sums();
        using var reasons = new BatchReasons(fixture.Model.Name);
        var (first, second) = await HoldBothAsync(fixture);
        var answers = Enumerable.Range(0, 7).Select(i => Ask(fixture, i, TimeSpan.FromMilliseconds(990 - (10 * i)))).ToList();
        Assert.Equal(7, fixture.Batcher.WaitingCount);

        // Deadlines are the other way round than arrivals: 6 and 5 go first, 4 and 3 beside them.
        var sixAndFive = await LetNextBeginAsync(fixture, first);
        var fourAndThree = await LetNextBeginAsync(fixture, second);
        Assert.Equal(3, fixture.Batcher.WaitingCount);
        Assert.DoesNotContain(answers, a => a.IsCompleted);

        var twoAndOne = await LetNextBeginAsync(fixture, fourAndThree);
        await AssertAnswersAsync(answers[4], answers[3]);
        Assert.Equal([false, false, false, false, false], new[] { 0, 1, 2, 5, 6 }.Select(i => answers[i].IsCompleted));

        var last = await LetNextBeginAsync(fixture, twoAndOne);
        await AssertAnswersAsync(answers[2], answers[1]);
        Assert.Equal([false, false, false], new[] { 0, 5, 6 }.Select(i => answers[i].IsCompleted));
        Assert.Equal(0, fixture.Batcher.WaitingCount);

        fixture.Session.ReleaseRun(sixAndFive);
        await AssertAnswersAsync(answers[6], answers[5]);
        fixture.Session.ReleaseRun(last);
        await AssertAnswersAsync(answers[0]);
        await fixture.RetireAsync();
        Assert.Equal([1, 1, 2, 2, 2, 1], fixture.Session.Runs);
        Assert.Equal([("full", 3), ("idle", 1), ("inline", 2)], reasons.Counts);
        Assert.Equal(9, fixture.Version.RowCount);

        async Task AssertAnswersAsync(params Task<Answer>[] asked)
        {
            foreach (var task in asked)
            {
                var (answer, x) = (await task, answers.IndexOf(task));
                Assert.Equal(x, answer.Z);
                Assert.Equal(1 / (1 + Math.Exp(-x)), answer.Score, 1e-6);
            }
        }
    }

    [Fact]
    public async Task RetireAsync_BothLanesRun_WaitsForEach()
    {
        await using var fixture = Sums();
        var (first, second) = await HoldBothAsync(fixture);
        var answers = Enumerable.Range(0, 4).Select(i => Ask(fixture, i)).ToList();
        var one = await LetNextBeginAsync(fixture, first);
        var other = await LetNextBeginAsync(fixture, second);

        var retiring = fixture.RetireAsync();
        fixture.Session.ReleaseRun(other);
        await Task.WhenAll(answers[2], answers[3]);
        Assert.False(retiring.IsCompleted);
        Assert.False(fixture.Session.IsDisposed);
        fixture.Session.ReleaseRun(one);

        await retiring;
        Assert.Equal([0, 1, 2, 3], (await Task.WhenAll(answers)).Select(a => a.Z));
    }

    [Fact]
    public async Task RetireAsync_EverybodyHasGivenUp_WaitsForBothRuns()
    {
        await using var fixture = Sums();
        var (first, second) = await HoldBothAsync(fixture);
        var answers = Enumerable.Range(0, 4).Select(i => Ask(fixture, i, cancellationToken: _cancellation.Token)).ToList();
        var one = await LetNextBeginAsync(fixture, first);
        var other = await LetNextBeginAsync(fixture, second);
        await _cancellation.CancelAsync();
        foreach (var answer in answers)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
        }

        var retiring = fixture.RetireAsync();
        fixture.Session.ReleaseRun(one);
        Assert.False(retiring.IsCompleted);
        Assert.False(fixture.Session.IsDisposed);
        fixture.Session.ReleaseRun(other);

        await retiring;
        Assert.Equal([1, 1, 2, 2], fixture.Session.Runs);
    }

    private static BatcherFixture Sums() => new(TestGraphs.LogisticWithSum(1), Binary(), o => o.Batching.MaximumBatchSize = 2, laneCount: 2);

    /// <summary>Fills both lanes with single calls.</summary>
    private static async Task<(int First, int Second)> HoldBothAsync(BatcherFixture fixture)
    {
        await fixture.HoldLaneAsync();
        var first = fixture.LastTicket;
        await fixture.HoldLaneAsync();
        return (first, fixture.LastTicket);
    }

    /// <summary>Ends a run, and waits until its lane has begun the next one.</summary>
    private static async Task<int> LetNextBeginAsync(BatcherFixture fixture, int ticket)
    {
        fixture.Session.ReleaseRun(ticket);
        return await fixture.Session.BegunAsync();
    }

    private static Task<Answer> Ask(BatcherFixture fixture, float x, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
        => fixture.Model.As<Input, Answer>().PredictAsync(new Input(x), new PredictionOptions { Timeout = timeout }, cancellationToken).AsTask();
}
