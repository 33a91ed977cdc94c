using System.Diagnostics;
using System.Globalization;
using Mlp.Training.Evaluation;
using Mlp.Training.Evaluation.Folds;
using Mlp.Training.Networks;
using Mlp.Training.Sampling;
using Mlp.Training.Trees;

namespace Mlp.Benchmarks.Training;

/// <summary>
/// <c>training-quality</c>: five folds of the adult census with trees and with a network, and the bicycles by the hour with trees beside scikit-learn's histogram gradient boosting, which are trained on the first 70 % of the hours. Needs
/// <c>MLP_REFERENCE_DATA</c> and a Python with scikit-learn.
/// </summary>
internal static class QualityTable
{
    private const double BikeHoldout = 0.3;

    /// <summary>Runs and prints.</summary>
    public static async Task RunAsync()
    {
        var adult = await RealSets.AdultAsync();
        var trees = new TreeTrainer(new TreeOptions { ValidationShare = 0, MaximumIterations = 200, LearningRate = 0.08, MaximumLeaves = 24, Threads = 2, Seed = 1 });
        var options = new NetworkOptions { Seed = 1, MaxEpochs = 12, EarlyStoppingPatience = 12, ValidationShare = 0, LearningRate = 0.004, AverageDecay = 0.99 };
        options.Schedule.Kind = ScheduleKind.OneCycle;
        Console.WriteLine("| Data | Model | Metric | Value |");
        Console.WriteLine("| --- | --- | --- | ---: |");
        Print("adult.csv, five folds", "trees", "AUC", (await CrossValidation.RunAsync(trees, adult)).Metrics["auc"].Mean);
        Print("adult.csv, five folds", "network", "AUC", (await CrossValidation.RunAsync(new NetworkTrainer(options), adult)).Metrics["auc"].Mean);
        Print("bike_hour.csv, last 30 %", "trees", "RMSE", await BikesAsync());
        Print("bike_hour.csv, last 30 %", "scikit-learn", "RMSE", await ScikitLearnAsync());
    }

    private static async Task<double> BikesAsync()
    {
        var split = await TimeSplit.ByShareAsync(await RealSets.BikesAsync(), BikeHoldout);
        var trainer = new TreeTrainer(new TreeOptions { Objective = TreeObjective.Regression, ValidationShare = 0, MaximumIterations = 100, Threads = 2, Seed = 1 });
        using var trees = await trainer.FitAsync(split.Training);
        return (await Evaluator.EvaluateAsync(trees, split.Holdout)).Metrics["root_mean_squared_error"];
    }

    private static async Task<double> ScikitLearnAsync()
    {
        string[] arguments = [Path.Combine(AppContext.BaseDirectory, "Training", "bike_hour.py"), RealSets.PathOf("bike_hour.csv"), BikeHoldout.ToString(CultureInfo.InvariantCulture), .. RealSets.BikeFeatures];
        using var process = Process.Start(new ProcessStartInfo("/usr/bin/python3", arguments) { RedirectStandardOutput = true })!;
        var text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? double.Parse(text, CultureInfo.InvariantCulture)
            : throw new InvalidOperationException("Expected Python with scikit-learn to train, but it ended with an error: see above.");
    }

    private static void Print(string data, string model, string metric, double value)
        => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {data} | {model} | {metric} | {value:0.0000} |"));
}
