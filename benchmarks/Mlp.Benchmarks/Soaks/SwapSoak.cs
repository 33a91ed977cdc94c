using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;

namespace Mlp.Benchmarks.Soaks;

/// <summary>
/// <c>swap-soak --swaps 1000 --callers 4 --versions 3 --width 512</c>: moves an alias from version to version while callers never pause. Every call must be answered, by the version that it says,
/// and memory must not grow.
/// </summary>
internal static class SwapSoak
{
    private const string Name = "swapped";
    private const int Features = 64;
    private const int BatchRows = 64;

    /// <summary>Runs it.</summary>
    /// <param name="arguments">The options.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(SoakArguments arguments)
    {
        var (swaps, versions, callerCount) = (arguments.Get("swaps", 1000), arguments.Get("versions", 3), arguments.Get("callers", 4));
        var folder = Directory.CreateTempSubdirectory("mlp-soak-");
        try
        {
            await using var platform = MlPlatform.CreateBuilder()
                .UseDataDirectory(folder.FullName)
                .AddModel(Name, o => o.PoolSize = callerCount)
                .Build();
            await platform.StartAsync();
            for (var version = 1; version <= versions; version++)
            {
                await platform.Registry.PublishAsync(Name, SoakModels.Constant(version, Features, arguments.Get("width", 512)));
            }

            await platform.Registry.SetAliasAsync(Name, "champion", 1, 0);
            var model = platform.GetModel(Name);
            await model.WaitUntilReadyAsync();
            return await RunAsync(platform, model, swaps, versions, callerCount);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<int> RunAsync(MlPlatform platform, IModel model, int swaps, int versions, int callerCount)
    {
        using var stop = new CancellationTokenSource();
        var rest = new RestingPlace(callerCount);
        var callers = Enumerable.Range(0, callerCount).Select(i => new Caller(model, rest, i)).ToList();
        var running = callers.Select(c => Task.Factory.StartNew(() => c.CallUntil(stop.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToList();
        var report = new SoakReport("swaps", swaps);
        for (var swap = 1; swap <= swaps; swap++)
        {
            var wanted = 1 + (swap % versions);
            await platform.Registry.SetAliasAsync(Name, "champion", wanted, swap);
            while (model.Manifest!.Version != wanted)
            {
                await Task.Delay(1);
            }

            if (report.IsDue(swap))
            {
                var done = swap;
                await rest.WhileAtRestAsync(() => report.Progress(done, callers.Sum(c => c.CallCount), callers.Sum(c => c.FailureCount)));
            }
        }

        await stop.CancelAsync();
        await Task.WhenAll(running);
        foreach (var failure in callers.Select(c => c.FirstFailure).OfType<string>())
        {
            Console.WriteLine(failure);
        }

        var idle = callers.Exists(c => c.CallCount < swaps) ? "a caller made fewer calls than there were swaps" : null;
        return report.Judge(callers.Sum(c => c.CallCount), callers.Sum(c => c.FailureCount), idle);
    }

    /// <summary>Calls one row, a record or a batch without a pause, and checks every answer.</summary>
    private sealed class Caller(IModel model, RestingPlace rest, int number)
    {
        private readonly IModel<Row, Answer> _records = model.As<Row, Answer>();
        private readonly float[] _row = [.. Enumerable.Range(0, Features).Select(i => (float)i)];
        private readonly FeatureRows _rows = new(model.Description!.Layout, BatchRows);
        private readonly Prediction[] _predictions = new Prediction[BatchRows];
        private long _callCount;
        private long _failureCount;

        public long CallCount => Volatile.Read(ref _callCount);

        public long FailureCount => Volatile.Read(ref _failureCount);

        public string? FirstFailure { get; private set; }

        public void CallUntil(CancellationToken stop)
        {
            for (var call = number; !stop.IsCancellationRequested; call++)
            {
                rest.RestAsync().Wait(CancellationToken.None);
                try
                {
                    Call(call % 3);
                }
                catch (Exception e)
                {
                    FirstFailure ??= e.ToString();
                    Volatile.Write(ref _failureCount, _failureCount + 1);
                }

                Volatile.Write(ref _callCount, _callCount + 1);
            }
        }

        private void Call(int kind)
        {
            if (kind == 0)
            {
                var prediction = model.Predict(_row);
                Require(prediction.Score, prediction.ModelVersion);
            }
            else if (kind == 1)
            {
                var answer = _records.Predict(new Row(_row));
                Require(answer.Score, answer.ModelVersion);
            }
            else
            {
                _rows.Reset(BatchRows);
                _rows.Float32.Fill(1);
                model.Predict(_rows, _predictions);
                foreach (var prediction in _predictions)
                {
                    Require(prediction.Score, prediction.ModelVersion);
                }
            }
        }

        private static void Require(double score, int version)
        {
            if (score != version)
            {
                throw new InvalidOperationException(FormattableString.Invariant($"Version {version} answered {score}."));
            }
        }
    }

    private readonly record struct Row(float[] X);

    private readonly record struct Answer(double Score, int ModelVersion);
}
