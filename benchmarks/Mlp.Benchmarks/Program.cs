using BenchmarkDotNet.Running;
using Mlp.Benchmarks.Features;
using Mlp.Benchmarks.Features.Joins;
using Mlp.Benchmarks.Features.Pushes;
using Mlp.Benchmarks.Monitoring;
using Mlp.Benchmarks.Runtime;
using Mlp.Benchmarks.Scoring;
using Mlp.Benchmarks.Soaks;
using Mlp.Benchmarks.Spark;
using Mlp.Benchmarks.Training;
using Mlp.Benchmarks.Training.Distributed;
using Mlp.Benchmarks.Training.Distributed.Scaling;

if (args is ["batching-pairs", .. var networks])
{
    await BatchingPairs.RunAsync(networks);
    return 0;
}

if (args is ["online-read-latency", .. var parts])
{
    await OnlineReadLatency.RunAsync(parts);
    return 0;
}

if (args is [LogThroughput.Command, .. var load])
{
    return await LogThroughput.RunAsync(load);
}

if (args is [LogOverload.Command, .. var turns])
{
    return await LogOverload.RunAsync(turns);
}

if (args is [JoinBenchmark.Command, .. var join])
{
    return await JoinBenchmark.RunAsync(join);
}

if (args is [LabelJoinBenchmark.Command, .. var labelJoin])
{
    return await LabelJoinBenchmark.RunAsync(labelJoin);
}

if (args is [PushBenchmark.Command, .. var push])
{
    return await PushBenchmark.RunAsync(push);
}

if (args is [RecoveryBenchmark.Command, .. var recovery])
{
    return await RecoveryBenchmark.RunAsync(recovery);
}

if (args is [DriftCalibration.Command, .. var calibration])
{
    return DriftCalibration.Run(calibration);
}

if (args is ["predict-pairs", .. var models])
{
    await PredictPairs.RunAsync(models);
    return 0;
}

if (args is ["predict-bulk-pairs"])
{
    await PredictBulkPairs.RunAsync();
    return 0;
}

if (args is ["routing-pairs"])
{
    await RoutingPairs.RunAsync();
    return 0;
}

if (args is ["telemetry-pairs"])
{
    await TelemetryPairs.RunAsync();
    return 0;
}

if (args is ["score-pairs"])
{
    await ScorePairs.RunAsync();
    return 0;
}

if (args is ["training-pairs", .. var options])
{
    TrainingPairs.Run(SoakArguments.Parse(options));
    return 0;
}

if (args is ["training-step-pairs", .. var steps])
{
    StepPairs.Run(SoakArguments.Parse(steps));
    return 0;
}

if (args is [WatchPairs.Command, .. var watched])
{
    WatchPairs.Run(SoakArguments.Parse(watched));
    return 0;
}

if (args is [DataParallelPairs.Command, .. var together])
{
    DataParallelPairs.Run(SoakArguments.Parse(together));
    return 0;
}

if (args is [BucketSizes.Command, .. var sizes])
{
    BucketSizes.Run(SoakArguments.Parse(sizes));
    return 0;
}

if (args is [OverlapLatency.Command, .. var delays])
{
    OverlapLatency.Run(SoakArguments.Parse(delays));
    return 0;
}

if (args is [OverlapRank.Command])
{
    await OverlapRank.RunAsync();
    return 0;
}

if (args is [RelayProcess.Command, var target])
{
    RelayProcess.Run(int.Parse(target, System.Globalization.CultureInfo.InvariantCulture));
    return 0;
}

if (args is [ScalingSimulation.Command, .. var clusters])
{
    ScalingSimulation.Run(SoakArguments.Parse(clusters));
    return 0;
}

if (args is [SparkScoring.Command, .. var scoring])
{
    return await SparkScoring.RunAsync(SoakArguments.Parse(scoring));
}

if (args is [SparkStart.Command, .. var starts])
{
    return await SparkStart.RunAsync(SoakArguments.Parse(starts));
}

if (args is ["training-quality"])
{
    await QualityTable.RunAsync();
    return 0;
}

if (args is ["adult-epoch", .. var epochs])
{
    await AdultEpoch.RunAsync(SoakArguments.Parse(epochs));
    return 0;
}

if (args is ["allreduce-rank", var way, .. var pipe])
{
    await Mlp.Benchmarks.Training.Distributed.AllReduceRank.RunAsync(way, pipe.FirstOrDefault());
    return 0;
}

if (args is ["allreduce-pairs", .. var reductions])
{
    AllReducePairs.Run(SoakArguments.Parse(reductions));
    return 0;
}

if (args is ["preprocessing-pairs", .. var preprocessing])
{
    await PreprocessingPairs.RunAsync(SoakArguments.Parse(preprocessing));
    return 0;
}

if (args is [var command, ..] && Soak.Find(command) is { } soak)
{
    return await soak(SoakArguments.Parse(args[1..]));
}

BenchmarkSwitcher.FromAssembly(typeof(Soak).Assembly).Run(args);
return 0;
