using System.ComponentModel.DataAnnotations.Schema;
using Mlp.Runtime.Batching;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Tests.Inference;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Batching;

/// <summary>Which calls share a run, in which order, and what becomes of those that fail or are cancelled. Runs take 1 ms per row by the curve.</summary>
public sealed class DynamicBatcherTests : IDisposable
{
    private readonly TestObserver _observer = new();
    private readonly CancellationTokenSource _cancellation = new();

    private readonly record struct Input(float X);

    private readonly record struct Answer(double Score, float Z);

    private readonly record struct Text(string C);

    private readonly record struct Y([property: Column("y")] double Value);

    public void Dispose() => _cancellation.Dispose();

    [Fact]
    public async Task PredictAsync_LaneIsBusy_CallsShareTheNextRun()
    {
        await using var fixture = Sums();
        using var reasons = new BatchReasons(fixture.Model.Name);
        var held = await fixture.HoldLaneAsync();
        var answers = Enumerable.Range(1, 10).Select(i => Ask(fixture, i)).ToList();
        Assert.Equal(10, fixture.Batcher.WaitingCount);
        Assert.Equal(10, reasons.QueueLength());

        fixture.Session.Release(2);

        await held;
        for (var i = 0; i < 10; i++)
        {
            var answer = await answers[i];
            Assert.Equal((Sigmoid(i + 1), i + 1), (answer.Score, answer.Z), Near);
        }

        Assert.Equal([1, 10], fixture.Session.Runs);
        Assert.Equal(11, fixture.Version.RowCount);
        Assert.Equal([("idle", 1), ("inline", 1)], reasons.Counts);
        Assert.Equal([10, 1], reasons.Sizes.OrderDescending());
        Assert.Equal(10, reasons.WaitCount);
        Assert.Equal(11, _observer.Seen.Count(s => s.Outcome == PredictionOutcome.Ok));
        Assert.Equal(Enumerable.Range(0, 11).Select(i => (float)i), _observer.Seen.Select(s => s.Floats[0]).Order());
        Assert.All(_observer.Seen, s => Assert.Equal(Sigmoid(s.Floats[0]), s.Scores[0], 1e-6));
        Assert.Equal(11, _observer.Seen.Select(s => s.Id).Distinct().Count());
    }

    [Fact]
    public async Task PredictAsync_MoreThanABatchWait_AreTakenInFullBatches()
    {
        await using var fixture = Sums(o => o.Batching.MaximumBatchSize = 4);
        using var reasons = new BatchReasons(fixture.Model.Name);
        var held = await fixture.HoldLaneAsync();
        var answers = Enumerable.Range(1, 10).Select(i => Ask(fixture, i)).ToList();

        fixture.Session.Release(4);

        await held;
        await Task.WhenAll(answers);
        Assert.Equal([1, 4, 4, 2], fixture.Session.Runs);
        Assert.Equal([("full", 2), ("idle", 1), ("inline", 1)], reasons.Counts);
    }

    [Fact]
    public async Task PredictAsync_EarlierDeadline_GoesFirst()
    {
        await using var fixture = Sums(o => o.Batching.MaximumBatchSize = 2);
        var held = await fixture.HoldLaneAsync();
        var patient = Ask(fixture, 1);
        var second = Ask(fixture, 2, TimeSpan.FromMilliseconds(900));
        var first = Ask(fixture, 3, TimeSpan.FromMilliseconds(800));

        fixture.Session.Release(2);
        await held;
        await Task.WhenAll(first, second);
        await fixture.Session.BegunAsync();
        await fixture.Session.BegunAsync();

        Assert.False(patient.IsCompleted);
        fixture.Session.Release();
        Assert.Equal(1, (await patient).Z);
        Assert.Equal([1, 2, 1], fixture.Session.Runs);
    }

    [Fact]
    public async Task PredictAsync_TimeoutOfTheFirst_CutsTheBatch()
    {
        await using var fixture = Sums(o => o.Batching.MaximumBatchSize = 8);
        using var reasons = new BatchReasons(fixture.Model.Name);
        var held = await fixture.HoldLaneAsync();
        var hasty = Ask(fixture, 1, TimeSpan.FromMilliseconds(3.5));
        var answers = Enumerable.Range(2, 6).Select(i => Ask(fixture, i)).ToList();

        fixture.Session.Release(3);

        await held;
        await hasty;
        await Task.WhenAll(answers);
        Assert.Equal([1, 3, 4], fixture.Session.Runs);
        Assert.Equal([("deadline", 1), ("idle", 1), ("inline", 1)], reasons.Counts);
    }

    [Fact]
    public async Task PredictAsync_TimeoutCannotBeMet_IsRefusedBeforeItWaits()
    {
        await using var fixture = Sums(o => o.Batching.MaximumBatchSize = 4);
        var held = await fixture.HoldLaneAsync();
        var timeout = TimeSpan.FromMilliseconds(7);
        var patient = Ask(fixture, 0);
        var answers = Enumerable.Range(1, 6).Select(i => Ask(fixture, i, timeout)).ToList();

        // Half of what runs, a full batch of 4 and a batch of three take 0.5 + 4 + 3 ms; who has more time goes behind and does not count.
        var refused = await Assert.ThrowsAsync<PredictionShedException>(() => Ask(fixture, 9, timeout));

        Assert.Equal(
            $"Expected to answer a call of model '{fixture.Model.Name}' version 1 within the 7 ms that it has left, but 6 calls wait before it, which with its own run takes 7.5 ms.", refused.Message);
        Assert.Equal((6, TimeSpan.FromMilliseconds(7.5), TimeSpan.FromMilliseconds(7)), (refused.RowsAhead, refused.ExpectedTime, refused.TimeLeft));
        Assert.Equal((fixture.Model.Name, 1, true), (refused.Model, refused.Version, refused.IsTransient));
        Assert.Equal(7, fixture.Batcher.WaitingCount);
        Assert.Equal(PredictionOutcome.Shed, Assert.Single(_observer.Seen).Outcome);
        fixture.Session.Release(3);
        await held;
        await Task.WhenAll(answers.Append(patient));
    }

    [Fact]
    public async Task PredictAsync_QueueIsFull_IsRefused()
    {
        await using var fixture = Sums(o => o.MaximumQueueLength = 2);
        var held = await fixture.HoldLaneAsync();
        var answers = new[] { Ask(fixture, 1), Ask(fixture, 2) };

        var refused = await Assert.ThrowsAsync<ModelOverloadedException>(() => Ask(fixture, 3));

        Assert.Equal((1, 2), (refused.SlotCount, refused.MaximumQueueLength));
        fixture.Session.Release(2);
        await held;
        await Task.WhenAll(answers);
        fixture.Session.IsGated = false;
        Assert.Equal(4, (await Ask(fixture, 4)).Z);
    }

    private async Task AssertCancelledAsync(BatcherFixture fixture, Task call, string when)
    {
        var error = await Assert.ThrowsAsync<OperationCanceledException>(() => call);
        Assert.Equal($"The call of model '{fixture.Model.Name}' version 1 was cancelled {when}.", error.Message);
        Assert.Equal(_cancellation.Token, error.CancellationToken);
    }

    [Fact]
    public async Task PredictAsync_CancelledInTheQueue_LeavesAtOnce()
    {
        await using var fixture = Sums();
        var held = await fixture.HoldLaneAsync();
        var stays = Ask(fixture, 1);
        var leaves = Ask(fixture, 2, cancellationToken: _cancellation.Token);
        var late = Ask(fixture, 3, TimeSpan.FromMilliseconds(50));

        await _cancellation.CancelAsync();
        fixture.Time.Advance(TimeSpan.FromMilliseconds(60));

        await AssertCancelledAsync(fixture, leaves, "while it waited for a run that it shares with others");
        await Assert.ThrowsAsync<PredictionTimeoutException>(() => late);
        await AssertCancelledAsync(fixture, Ask(fixture, 4, cancellationToken: _cancellation.Token), "while it waited for a run that it shares with others");
        Assert.Equal(1, fixture.Batcher.WaitingCount);
        fixture.Session.Release(2);
        await held;
        Assert.Equal(1, (await stays).Z);
        Assert.Equal([1, 1], fixture.Session.Runs);
        Assert.Equal(
            [PredictionOutcome.Cancelled, PredictionOutcome.TimedOut, PredictionOutcome.Cancelled], _observer.Seen.Select(s => s.Outcome).Where(o => o != PredictionOutcome.Ok));
    }

    [Fact]
    public async Task PredictAsync_CancelledWhileItsBatchRuns_EndsAloneAndItsSlotWaits()
    {
        await using var fixture = Sums();
        var held = await fixture.HoldLaneAsync();
        var stays = Ask(fixture, 1);
        var leaves = Ask(fixture, 2, cancellationToken: _cancellation.Token);
        fixture.Session.Release();
        await held;
        await fixture.Session.BegunAsync();

        await _cancellation.CancelAsync();

        await AssertCancelledAsync(fixture, leaves, "while it ran");
        Assert.False(stays.IsCompleted);
        var retiring = fixture.RetireAsync();
        Assert.False(retiring.IsCompleted);
        fixture.Session.Release();
        Assert.Equal(1, (await stays).Z);
        await retiring;
        Assert.Equal([PredictionOutcome.Ok, PredictionOutcome.Cancelled, PredictionOutcome.Ok], _observer.Seen.Select(s => s.Outcome));
    }

    [Fact]
    public async Task Predict_CancelledWhileAnotherThreadRunsItsBatch_ReturnsAtOnceAndTheEngineStays()
    {
        await using var fixture = Sums();
        var held = await fixture.HoldLaneAsync();
        var runs = Block(fixture, 1);
        await fixture.UntilWaitingAsync(1);
        var leaves = Block(fixture, 2, _cancellation.Token);
        await fixture.UntilWaitingAsync(2);
        fixture.Session.Release();
        await held;
        await fixture.Session.BegunAsync();

        await _cancellation.CancelAsync();

        await AssertCancelledAsync(fixture, leaves, "while it ran");
        var retiring = fixture.RetireAsync();
        Assert.False(runs.IsCompleted);
        Assert.False(retiring.IsCompleted);
        fixture.Session.Release();
        Assert.Equal(Sigmoid(1), (await runs).Score, 1e-6);
        await retiring;
    }

    [Fact]
    public async Task Predict_CallerWhoRunsTheBatchIsCancelled_FinishesItForTheOthers()
    {
        await using var fixture = Sums();
        var held = await fixture.HoldLaneAsync();
        var runs = Block(fixture, 2, _cancellation.Token);
        await fixture.UntilWaitingAsync(1);
        var stays = Ask(fixture, 1);
        fixture.Session.Release();
        await held;
        await fixture.Session.BegunAsync();

        await _cancellation.CancelAsync();
        fixture.Session.Release();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => runs);
        Assert.Equal(1, (await stays).Z);
    }

    [Fact]
    public async Task Predict_BlockedCallersOnly_RunTheirBatchThemselves()
    {
        await using var fixture = Sums();
        var held = await fixture.HoldLaneAsync();
        var callers = new List<Task<Prediction>>();
        for (var i = 1; i <= 8; i++)
        {
            callers.Add(Block(fixture, i));
            await fixture.UntilWaitingAsync(i);
        }

        fixture.Session.Release(2);

        await held;
        var answers = await Task.WhenAll(callers);
        Assert.Equal(Enumerable.Range(1, 8).Select(i => Sigmoid(i)), answers.Select(a => a.Score), Near);
        Assert.Equal([1, 8], fixture.Session.Runs);
    }

    [Fact]
    public async Task Predict_BlockedCallerCancelledInTheQueue_ReturnsAtOnce()
    {
        await using var fixture = Sums();
        var held = await fixture.HoldLaneAsync();
        var caller = Block(fixture, 1, _cancellation.Token);
        await fixture.UntilWaitingAsync(1);

        await _cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => caller);
        Assert.Equal(0, fixture.Batcher.WaitingCount);
        fixture.Session.Release(1);
        await held;
    }

    [Fact]
    public async Task PredictAsync_OneRowFails_TheOthersAreAnswered()
    {
        await using var fixture = new BatcherFixture(TestGraphs.RefusesUnknown(), Regression(), observers: _observer);
        var model = fixture.Model.As<Text, Y>();
        var held = await fixture.HoldLaneAsync(() => model.Predict(new Text("a")));
        var good = model.PredictAsync(new Text("a")).AsTask();
        var bad = model.PredictAsync(new Text("?")).AsTask();
        var another = model.PredictAsync(new Text("a")).AsTask();

        fixture.Session.Release(10);

        await held;
        Assert.Equal(1, (await good).Value);
        Assert.Equal(1, (await another).Value);
        var failure = await Assert.ThrowsAsync<InferenceFailedException>(() => bad);
        Assert.NotNull(failure.InnerException);
        Assert.Equal([1, 3, 1, 1, 1], fixture.Session.Runs);
        Assert.Equal(1, _observer.Seen.Count(s => s.Outcome == PredictionOutcome.Error));
        Assert.Equal(3, _observer.Seen.Count(s => s.Outcome == PredictionOutcome.Ok));
    }

    [Fact]
    public async Task PredictAsync_NullThatIsRefused_NeverJoins()
    {
        await using var fixture = Sums(o => o.OnNull(NullPolicy.Error));
        var held = await fixture.HoldLaneAsync();
        var good = Ask(fixture, 1);

        await Assert.ThrowsAsync<NullFeatureException>(() => Ask(fixture, float.NaN));

        Assert.Equal(1, fixture.Batcher.WaitingCount);
        fixture.Session.Release(2);
        await held;
        await good;
    }

    [Fact]
    public async Task RetireAsync_CallsWait_AnswersThemFirst()
    {
        await using var fixture = Sums();
        var held = await fixture.HoldLaneAsync();
        var answers = Enumerable.Range(1, 5).Select(i => Ask(fixture, i)).ToList();
        var blocked = Block(fixture, 6);
        await fixture.UntilWaitingAsync(6);

        var retiring = fixture.RetireAsync();
        Assert.False(retiring.IsCompleted);
        fixture.Session.Release(2);

        await held;
        Assert.Equal(Enumerable.Range(1, 5).Select(i => (float)i), (await Task.WhenAll(answers)).Select(a => a.Z));
        Assert.Equal(Sigmoid(6), (await blocked).Score, 1e-6);
        await retiring;
    }

    [Fact]
    public async Task PredictAsync_AnswerNeverTaken_CostsNoSlot()
    {
        await using var fixture = Sums();
        var held = await fixture.HoldLaneAsync();
#pragma warning disable CA2012 // What callers should not do, and some will.
        Assert.False(fixture.Model.As<Input, Answer>().PredictAsync(new Input(1)).IsCompleted);
#pragma warning restore CA2012
        fixture.Session.Release(2);

        await held;
        await fixture.RetireAsync();
        Assert.Equal([1, 1], fixture.Session.Runs);
    }

    [Fact]
    public async Task PredictAsync_CallerBlocksOnTheAnswer_GetsIt()
    {
        await using var fixture = Sums();
        var held = await fixture.HoldLaneAsync();
        var model = fixture.Model.As<Input, Answer>();
#pragma warning disable CA2012 // What callers should not do, and some will.
        var blocked = Task.Factory.StartNew(
            () => model.PredictAsync(new Input(3)).GetAwaiter().GetResult(), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
#pragma warning restore CA2012
        await fixture.UntilWaitingAsync(1);
        fixture.Session.Release(2);
        await held;

        Assert.Equal(3, (await blocked).Z);
    }

    private BatcherFixture Sums(Action<ModelOptions>? configure = null) => new(TestGraphs.LogisticWithSum(1), Binary(), configure, observers: _observer);

    private static Task<Answer> Ask(BatcherFixture fixture, float x, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
        => fixture.Model.As<Input, Answer>().PredictAsync(new Input(x), new PredictionOptions { Timeout = timeout }, cancellationToken).AsTask();

    private static Task<Prediction> Block(BatcherFixture fixture, float x, CancellationToken cancellationToken = default)
        => Task.Factory.StartNew(() => fixture.Model.Predict([x], cancellationToken: cancellationToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    private static bool Near(double expected, double found) => Math.Abs(expected - found) < 1e-6;

    private static bool Near((double Score, int Z) expected, (double Score, int Z) found) => expected.Z == found.Z && Near(expected.Score, found.Score);

    private static bool Near((double Score, float Z) expected, (double Score, float Z) found) => Near(expected.Score, found.Score) && Near(expected.Z, found.Z);
}
