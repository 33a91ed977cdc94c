using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Routing;
using Mlp.Runtime.Tests.Inference;
using Mlp.Runtime.Versions;
using static Mlp.Runtime.Tests.Inference.TestPlatform;
using static Mlp.Runtime.Tests.Routing.RoutedPlatform;

namespace Mlp.Runtime.Tests.Routing;

public sealed class ShadowTests
{
    private readonly record struct Trip(float Miles);

    [Fact]
    public async Task PredictAsync_SameService_ShadowPredictsOnTheSameRowAndIsTold()
    {
        var observer = new ShadowObserver();
        await using var platform = await ServeAsync(o => o.WithShadow("candidate"), observers: observer);
        await UntilAsync(() => platform.Model.Route.Shadows[0].Version == 3);
        var options = new PredictionOptions { AsOf = DateTimeOffset.UnixEpoch.AddDays(1), Tags = new KeyValuePair<string, string>[] { new("page", "checkout") } };
        var served = new List<Prediction>();

        for (var i = 0; i < 100; i++)
        {
            served.Add(await platform.Model.PredictAsync(FormattableString.Invariant($"company {i}"), options));
        }

        await UntilAsync(() => observer.Shadows.Count == 100);
        Assert.All(served, p => Assert.Equal((1, "champion"), (p.ModelVersion, p.Variant)));
        Assert.Equal(served.Select(p => p.Id), observer.Shadows.Select(s => s.RequestId));
        Assert.Equal(200, observer.All.Select(t => t.Id).Distinct().Count());
        for (var i = 0; i < 100; i++)
        {
            var shadow = observer.Shadows[i];
            Assert.Equal(("shadow:candidate", 3, PredictionOutcome.Ok, 86_400_000_000), (shadow.Variant, shadow.Version, shadow.Outcome, shadow.EventTime));
            Assert.Equal([(EntityValue)FormattableString.Invariant($"company {i}")], shadow.Keys);
            Assert.Equal([1f], shadow.Floats);
            Assert.Equal(ScoreOf(3), shadow.Outputs[0], 1e-6);
            Assert.Equal("checkout", Assert.Single(shadow.Tags).Value);
        }

        var status = platform.Model.Route.Shadows[0];
        Assert.Equal((100, 100, 0, 0, 0), (status.Accepted, status.Compared, status.Dropped, status.Skipped, status.Failed));
        Assert.Equal(ScoreOf(3) - ScoreOf(1), status.MeanAbsoluteDifference, 1e-6);
        Assert.Equal(0, status.DisagreementRate);
        Assert.NotNull(status.MedianLatency);
    }

    [Fact]
    public async Task Predict_RowsOfChallengerAndChampion_AreShadowedWithTheirClasses()
    {
        var observer = new ShadowObserver();
        await using var platform = new TestPlatform(observers: observer);
        platform.AddModel(ModelName, o => o.WithChallenger("challenger", 0.5).WithShadow("candidate"));
        await platform.PublishAsync(Package(TestGraphs.Logistic(1), Binary()));
        await platform.PublishAsync(Package(TestGraphs.Logistic(2), Binary()), "challenger");
        await platform.PublishAsync(Package(TestGraphs.Logistic(-1), Binary()), "candidate");
        await platform.Catalog.OpenAsync(CancellationToken.None);
        await UntilAsync(() => platform.Model.Route.Shadows[0].Version == 3);
        var rows = new FeatureRows(platform.Model.Description!.Layout, 7);
        rows.Reset(7);
        rows.Status.Fill(FeatureStatus.Present);
        for (var row = 0; row < 7; row++)
        {
            rows.Float32Of(row)[0] = row - 3;
        }

        var results = new Prediction[7];
        for (var i = 0; i < 10; i++)
        {
            platform.Model.Predict(rows, results);
        }

        await UntilAsync(() => observer.Shadows.Count == 70);
        Assert.Equal(["challenger", "champion"], observer.Served.Select(s => s.Variant).Distinct().Order());
        Assert.Equal(observer.Served.Select(s => s.Floats[0]), observer.Shadows.Select(s => s.Floats[0]));

        // At 0 both say the positive class; elsewhere the sign differs.
        Assert.Equal(6 / 7.0, platform.Model.Route.Shadows[0].DisagreementRate, 1e-9);
    }

    [Fact]
    public async Task PredictAsync_ShadowOnAnotherService_ReadsItsOwnRowByKeysTimeAndRequest()
    {
        var observer = new ShadowObserver();
        var narrow = TestFeatures.Floats(1).WithRequest((in Trip trip, FeatureRows rows, int row) => rows.Float32Of(row)[0] += trip.Miles);
        var wide = new TestFeatures(
            [new("g0", FeatureType.Float32, "view"), new("g1", FeatureType.Float32, "view")], new KeyColumn("company", EntityValueKind.String))
        {
            Write = static (keys, asOf, rows) =>
            {
                rows.Float32[0] = keys.Span[0].AsString().Length;
                rows.Float32[1] = asOf;
                rows.Status.Fill(FeatureStatus.Present);
            },
        };
        wide.Description = wide.Description with { Name = "wide" };
        wide.WithRequest((in Trip trip, FeatureRows rows, int row) => rows.Float32Of(row)[0] += 100 * trip.Miles);
        await using var platform = new TestPlatform(features: new TwoServices(narrow, wide), observers: observer);
        platform.AddModel(ModelName, o => o.WithShadow("candidate"));
        await platform.PublishAsync(Package(TestGraphs.Logistic(1), Binary(), narrow.Description));
        await platform.PublishAsync(Package(TestGraphs.Logistic(1, 0), Binary(), wide.Description), "candidate");
        await platform.Catalog.OpenAsync(CancellationToken.None);
        await UntilAsync(() => platform.Model.Route.Shadows[0].Version == 2);

        var served = await platform.Model.PredictAsync(new EntityValue[] { "Flash" }, new Trip(2), new PredictionOptions { AsOf = DateTimeOffset.UnixEpoch.AddTicks(70) });
        platform.Model.Predict([1]);

        await UntilAsync(() => observer.Shadows.Count == 1);
        var shadow = observer.Shadows[0];
        Assert.Equal((served.Id, "wide", 7L), (shadow.RequestId, shadow.Service, shadow.EventTime));
        Assert.Equal([205f, 7f], shadow.Floats);
        Assert.Equal([(EntityValue)"Flash"], shadow.Keys);

        // A row without keys is nothing to read others by.
        Assert.Equal((1, 1), (platform.Model.Route.Shadows[0].Accepted, platform.Model.Route.Shadows[0].Skipped));
    }

    [Fact]
    public async Task PredictAsync_SampleRate_ShowsThatShareOfTheCalls()
    {
        var observer = new ShadowObserver();
        await using var platform = await ServeAsync(o => o.WithShadow("candidate", 0.25), observers: observer);
        await UntilAsync(() => platform.Model.Route.Shadows[0].Version == 3);
        for (var i = 0; i < 400; i++)
        {
            platform.Model.Predict([1]);
        }

        var status = platform.Model.Route.Shadows[0];
        Assert.InRange(status.Accepted + status.Dropped, 95, 105);
        await UntilAsync(() => platform.Model.Route.Shadows[0].Compared == status.Accepted);
        await UntilAsync(() => observer.Shadows.Count == status.Accepted);
        Assert.All(observer.Shadows, s => Assert.Equal(4, s.Weight));
        Assert.All(observer.Served, s => Assert.Equal(1, s.Weight));
    }

    [Fact]
    public async Task Predict_ShadowThatRefusesSomeRows_AnswersTheOthers()
    {
        var observer = new ShadowObserver();
        IReadOnlyList<FeatureColumn> text = [new("c", FeatureType.String, "v")];
        await using var platform = new TestPlatform(observers: observer);
        platform.AddModel(ModelName, o => o.WithShadow("candidate"));
        await platform.PublishAsync(Package(TestGraphs.Any(new FeatureRowLayout(text), withStatus: false, asColumns: true), Regression(), features: text));
        await platform.PublishAsync(Package(TestGraphs.RefusesUnknown(), Regression(), features: text), "candidate");
        await platform.Catalog.OpenAsync(CancellationToken.None);
        await UntilAsync(() => platform.Model.Route.Shadows[0].Version == 2);
        var rows = new FeatureRows(platform.Model.Description!.Layout, 20);
        rows.Reset(20);
        rows.Status.Fill(FeatureStatus.Present);
        for (var row = 0; row < 20; row++)
        {
            rows.SetString(row, 0, row == 7 ? "unknown" : "a");
        }

        platform.Model.Predict(rows, new Prediction[20]);

        await UntilAsync(() => observer.Shadows.Count == 20, () => $"{observer.Shadows.Count} {platform.Model.Route.Shadows[0]} {string.Join(' ', platform.Model.Route.Problems)}");
        Assert.Equal((19, 1), (platform.Model.Route.Shadows[0].Compared, platform.Model.Route.Shadows[0].Failed));
        Assert.Equal(PredictionOutcome.Error, Assert.Single(observer.Shadows, s => s.Outcome != PredictionOutcome.Ok).Outcome);

    }

    [Fact]
    public async Task Predict_ShadowThatIsStuck_DelaysNobodyAndDropsAreCounted()
    {
        using var gate = new ManualResetEventSlim();
        using var running = new ManualResetEventSlim();
        var clock = new PredictionClock(TimeProvider.System);
        var observer = new ShadowObserver();
        var engine = new StubEngine
        {
            OnRun = _ =>
            {
                running.Set();
                gate.Wait();
            },
        };
        var champion = new ServingTarget(ModelName, VersionSelector.FromAlias("champion"));
        var shadow = new ServingTarget(ModelName, VersionSelector.FromAlias("candidate"), "shadow:candidate") { Seat = new RouteSeat(null, null) };
        champion.Publish(StubEngine.Serve(new StubEngine(), 1, "champion", clock, observer));
        shadow.Publish(StubEngine.Serve(engine, 2, "shadow:candidate", clock, observer));
        await using var lane = new ShadowLane(shadow, 1, capacity: 8, () => false, clock, NullLogger.Instance);
        await UntilAsync(() => lane.Ring is not null);
        champion.Seat = new RouteSeat(null, new ShadowFeed([lane]));
        var model = new Model(ModelSettings.From(ModelName, new ModelOptions()), champion, clock)
        {
            OpenVersion = static (_, _) => throw new NotSupportedException(),
            Files = new Mlp.Runtime.Scoring.FileScorings("m"),
            ViewOf = static _ => throw new NotSupportedException(),
        };

        // The first one is at work and keeps its place until it is done.
        model.Predict([1]);
        running.Wait();
        for (var i = 0; i < 99; i++)
        {
            Assert.Equal(1, model.Predict([1]).ModelVersion);
        }

        Assert.Equal((8, 92, 0), (lane.Agreement.Accepted, lane.Agreement.Dropped, lane.Agreement.Compared));
        Assert.Equal(100, observer.Served.Count);
        gate.Set();
        await UntilAsync(() => observer.Shadows.Count == 8);
        Assert.Equal(8, lane.Agreement.Compared);
        Assert.Equal(observer.Served.Take(8).Select(s => s.Id), observer.Shadows.Select(s => s.RequestId));
    }

    [Fact]
    public async Task Predict_CallsWaitForASlot_ShadowRunsLater()
    {
        var clock = new PredictionClock(TimeProvider.System);
        var isBusy = true;
        var looks = 0;
        var shadow = new ServingTarget(ModelName, VersionSelector.FromAlias("candidate"), "shadow:candidate");
        var engine = new StubEngine();
        shadow.Publish(StubEngine.Serve(engine, 2, "shadow:candidate", clock));
        await using var lane = new ShadowLane(
            shadow,
            1,
            capacity: 8,
            () =>
            {
                Interlocked.Increment(ref looks);
                return Volatile.Read(ref isBusy);
            },
            clock,
            NullLogger.Instance);
        await UntilAsync(() => lane.Ring is not null);
        var champion = StubEngine.Serve(new StubEngine(), 1, "champion", clock);
        champion.Recorder.Seat = new RouteSeat(null, new ShadowFeed([lane]));
        Assert.True(champion.Singles.TryRent(out var slot));
        champion.Features.Predict(slot, new CallContext(clock.GetTimestamp(), 0, 0, default), [1], CancellationToken.None);

        var seen = Volatile.Read(ref looks);
        await UntilAsync(() => Volatile.Read(ref looks) > seen + 2);
        Assert.Equal((1, 0), (lane.Agreement.Accepted, lane.Agreement.Compared));
        Volatile.Write(ref isBusy, false);
        await UntilAsync(() => lane.Agreement.Compared == 1);
    }

    private sealed class TwoServices(params TestFeatures[] services) : IFeatureSource
    {
        public IFeatureServiceReader? FindService(string name, int? version = null) => services.Select(s => s.FindService(name, version)).OfType<IFeatureServiceReader>().FirstOrDefault();
    }
}
