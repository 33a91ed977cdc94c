using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Features.Hosting;
using Mlp.Monitoring.Hosting;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Quickstart.Data;
using Quickstart.Features;
using Quickstart.Stages;

namespace Quickstart;

/// <summary>
/// The whole loop, once: raw trips to features, a training set, a model behind a gate, and the last 30 % of the trips replayed against it under a simulated clock.
/// Each stage is a class in <c>Stages</c>.
/// </summary>
internal sealed class QuickstartRun(QuickstartOptions options, IStageReporter reporter, ILoggerFactory? loggers = null)
{
    private const double GateStart = 0.6;
    private const double ReplayStart = 0.7;

    public async Task<QuickstartSummary> ExecuteAsync(CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var source = await reporter.RunAsync("Reading the trips", _ => Task.Run(ReadTrips, cancellationToken));
        var trips = new TripPartition(source, SyntheticTrips.TimeToLive, GateStart, ReplayStart);
        SourceMark.Check(options.DataDirectory, source);

        var clock = new SimulatedClock(trips.ReplayTime);
        await using var ml = BuildPlatform(clock);
        await ml.StartAsync(cancellationToken);
        SourceMark.Write(options.DataDirectory, source);

        var ingested = await reporter.RunAsync("Ingesting feature rows", p => new IngestStage(ml, trips).RunAsync(p, cancellationToken));
        using var joined = await reporter.RunAsync("Joining the training set, checking for leaks", p => new JoinStage(ml, trips, options).RunAsync(p, cancellationToken));
        var trained = await reporter.RunAsync("Training with and without feature views", p => new TrainStage(ml, options).RunAsync(joined, p, cancellationToken));
        var published = await reporter.RunAsync("Gate and publishing", p => new PublishStage(ml).RunAsync(trained, joined, p, cancellationToken));
        var replayed = await reporter.RunAsync("Replaying the last 30 %", p => new ReplayStage(ml, trips, clock).RunAsync(published, p, cancellationToken));
        var verified = await reporter.RunAsync("Comparing live with offline", p => new VerifyStage(ml, trips).RunAsync(published, trained, replayed, p, cancellationToken));

        return SummaryMaker.Make(options, trips, ingested, joined, trained, published, replayed, verified, Stopwatch.GetElapsedTime(started));
    }

    private TripSource ReadTrips()
    {
        var source = options.DataFile is { } file ? TripCsv.Read(file) : SyntheticTrips.Create(options.TripCount, options.Seed);
        return options.ShuffleLabels ? source.WithShuffledOutcomes(options.Seed) : source;
    }

    private MlPlatform BuildPlatform(SimulatedClock clock)
    {
        var builder = MlPlatform.CreateBuilder()
            .UseDataDirectory(options.DataDirectory)
            .UseLoggerFactory(loggers ?? NullLoggerFactory.Instance)
            .AddFeatures(TaxiFeatures.Add)
            .AddModel(TaxiFeatures.BigTipper, model => model.FromAlias(PublishStage.Champion).WithFeatures(TaxiFeatures.BigTipper).AliasPollInterval = TimeSpan.FromMilliseconds(50))
            .AddMonitoring(monitoring => monitoring.LogPredictions(TaxiFeatures.BigTipper).DetectDrift(TaxiFeatures.BigTipper))
            .AddTraining();
        builder.Services.AddSingleton<TimeProvider>(clock);
        return builder.Build();
    }
}
