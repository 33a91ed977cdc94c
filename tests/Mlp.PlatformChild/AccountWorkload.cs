using System.Globalization;
using Mlp.Features;
using Mlp.Features.Online;
using Mlp.Monitoring.Labels;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Registry;

namespace Mlp.PlatformChild;

/// <summary>
/// Uses every part of the platform at once, for ever: ingests batches, pushes rows, predicts and labels, publishes versions and moves the alias. What the platform acknowledged is
/// told as a line: <c>batch ID FIRST</c>, <c>push ACCOUNT NUMBER</c>, <c>prediction ID SCORE</c>, <c>label ID SCORE</c>, <c>version N</c>, <c>alias REVISION VERSION</c>.
/// </summary>
/// <param name="ml">A started platform of <see cref="AccountPlatform"/>.</param>
/// <param name="first">The first number that was never used before; the workload uses the <see cref="NumberCount"/> numbers from there on.</param>
/// <param name="acknowledge">Hears each line; called from several threads.</param>
internal sealed class AccountWorkload(MlPlatform ml, long first, Action<string> acknowledge)
{
    /// <summary>Numbers that one run may use: batches take the upper half, pushes the lower. All runs together stay exact in float32.</summary>
    public const long NumberCount = 5_000;

    public const int RowsPerBatch = 20;

    public const int PushAccounts = 4;

    public const double NoScore = -1;

    private const int PredictionsPerFlush = 10;

    public static string PushAccount(int index) => string.Create(CultureInfo.InvariantCulture, $"push-{index}");

    public static string BatchAccount(long number) => string.Create(CultureInfo.InvariantCulture, $"batch-{number % 7}");

    public static IEnumerable<AccountActivity> Batch(long first)
        => Enumerable.Range(0, RowsPerBatch).Select(i => AccountActivity.Create(BatchAccount(first + i), first + i));

    public static string BatchId(long first) => string.Create(CultureInfo.InvariantCulture, $"rows-{first}");

    /// <summary>Runs until it is stopped or something fails.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(stop);
        await Task.WhenAll(
            Worker(IngestAsync),
            Worker(token => PushAsync(0, token)),
            Worker(token => PushAsync(1, token)),
            Worker(PredictAsync),
            Worker(PublishAsync));

        Task Worker(Func<CancellationToken, Task> work) => Task.Run(
            async () =>
            {
                try
                {
                    await work(failed.Token);
                }
                catch (OperationCanceledException) when (failed.IsCancellationRequested)
                {
                    // Stopped.
                }
                catch
                {
                    await failed.CancelAsync();
                    throw;
                }
            },
            CancellationToken.None);
    }

    private async Task IngestAsync(CancellationToken stop)
    {
        for (var number = first + (NumberCount / 2); number < first + NumberCount && !stop.IsCancellationRequested; number += RowsPerBatch)
        {
            await ml.Features.IngestAsync(Batch(number), BatchId(number), stop);
            Tell($"batch {BatchId(number)} {number}");
        }
    }

    private async Task PushAsync(int worker, CancellationToken stop)
    {
        for (var number = first + worker; number < first + (NumberCount / 2) && !stop.IsCancellationRequested; number += 2)
        {
            var account = PushAccount((int)(number % PushAccounts));
            await ml.Features.PushAsync(AccountActivity.Create(account, number), PushTarget.OnlineAndOffline, stop);
            Tell($"push {account} {number}");
        }
    }

    private async Task PredictAsync(CancellationToken stop)
    {
        var model = ml.GetModel(AccountPlatform.Model);
        var pending = new List<(PredictionId Id, double Score)>();
        while (!stop.IsCancellationRequested)
        {
            if (model.State != ModelState.Ready)
            {
                await Task.Delay(5, stop);
                continue;
            }

            // Asked for the end of time, the newest row answers.
            var prediction = await model.PredictAsync(new AccountKeys(PushAccount(pending.Count % PushAccounts)), PredictionOptions.At(AccountActivity.TimeOf(1_000_000_000)), stop);

            // Before the first push there are no features, and the answer is NaN.
            pending.Add((prediction.Id, double.IsNaN(prediction.Score) ? NoScore : prediction.Score));
            if (pending.Count == PredictionsPerFlush)
            {
                await ml.Monitoring.FlushAsync(AccountPlatform.Model, stop);
                pending.ForEach(p => Tell($"prediction {p.Id} {p.Score}"));
                await ml.Monitoring.RecordLabelsAsync(pending.ConvertAll(p => Label.ForPrediction(p.Id, p.Score, DateTimeOffset.UnixEpoch)).ToArray(), stop);
                pending.ForEach(p => Tell($"label {p.Id} {p.Score}"));
                pending.Clear();
            }
        }
    }

    private async Task PublishAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var manifest = await ml.Registry.PublishAsync(AccountPlatform.Model, AccountPlatform.CreatePackage(Guid.NewGuid()), stop);
            Tell($"version {manifest.Version}");
            var seen = ml.Registry.FindAlias(AccountPlatform.Model, AccountPlatform.Champion)?.Revision ?? 0;
            var moved = await ml.Registry.SetAliasAsync(AccountPlatform.Model, AccountPlatform.Champion, manifest.Version, seen, cancellationToken: stop);
            Tell($"alias {moved.Revision} {moved.Version}");
            await Task.Delay(50, stop);
        }
    }

    private void Tell(FormattableString line) => acknowledge(FormattableString.Invariant(line));
}
