using Microsoft.Extensions.DependencyInjection;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Training.Evaluation;
using Quickstart.Features;

namespace Quickstart.Stages;

/// <summary>Compares the new model with the champion on rows that neither has seen, publishes it, and moves the alias if it is no worse.</summary>
internal sealed class PublishStage(MlPlatform ml)
{
    public const string Champion = "champion";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public async Task<Published> RunAsync(Trained trained, Joined joined, IProgress<double> progress, CancellationToken cancellationToken)
    {
        var gate = ml.Services.GetRequiredService<ChampionGate>();
        var evaluation = await Evaluator.EvaluateAsync(trained.Complete, joined.Complete.Holdout, cancellationToken: cancellationToken);
        var package = trained.Complete.ToPackage(
            evaluation.Metrics, ml.Registry.FindAlias(TaxiFeatures.BigTipper, Champion)?.Version, "Will the tip exceed 20 % of the fare?");
        progress.Report(0.3);
        var verdict = await gate.CompareAsync(package, ml.Registry, TaxiFeatures.BigTipper, Champion, joined.Complete.Holdout, cancellationToken);
        progress.Report(0.6);
        var manifest = await ml.Registry.PublishAsync(TaxiFeatures.BigTipper, package, cancellationToken);
        await gate.PromoteAsync(ml.Registry, manifest, verdict, cancellationToken);

        var alias = ml.Registry.FindAlias(TaxiFeatures.BigTipper, Champion)!;
        await WaitUntilServedAsync(alias.Version, cancellationToken);
        return new Published(manifest, verdict, ml.Registry.FindVersion(TaxiFeatures.BigTipper, alias.Version)!);
    }

    private async Task WaitUntilServedAsync(int version, CancellationToken cancellationToken)
    {
        var model = ml.GetModel(TaxiFeatures.BigTipper);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        try
        {
            while (model.Manifest?.Version != version)
            {
                await Task.Delay(10, deadline.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new InvalidDataException(
                $"Expected version {version} of model '{TaxiFeatures.BigTipper}' in service within {Patience.TotalSeconds} s, but it is not: {model.UnavailableReason ?? "another version serves"}.");
        }
    }
}

/// <summary>The new version, the gate's verdict on it, and the version that is champion now.</summary>
internal sealed record Published(ModelManifest New, GateVerdict Verdict, ModelManifest Champion);
