using System.Globalization;
using Mlp.Runtime.Statistics.Estimation;
using Mlp.TestSupport;

namespace Mlp.Monitoring.Tests.Performance;

/// <summary>A public stream with the answers of a model that was trained on its first part. Deterministic.</summary>
/// <param name="Predictions">Answers on the rows behind the first part.</param>
/// <param name="Targets">What was true of them.</param>
/// <param name="TrainPredictions">Answers on the last third of the first part, which the model was not trained on.</param>
/// <param name="TrainTargets">What was true of them.</param>
internal sealed record RealStream(double[] Predictions, double[] Targets, double[] TrainPredictions, double[] TrainTargets)
{
    public const string ElecFile = "data/elec.csv";
    public const string BikeFile = "data/bike_hour.csv";

    /// <summary>elec.csv: does the price rise; the first third is the reference.</summary>
    public static RealStream Elec() => Load(ElecFile, "class", [], 1.0 / 3, isProbability: true);

    /// <summary>bike_hour.csv: how many bicycles; the first 70 % train. The casual and the registered add up to the target, so they are no inputs.</summary>
    public static RealStream Bike() => Load(BikeFile, "count", ["instant", "dateday", "casual", "registered"], 0.7, isProbability: false);

    private static RealStream Load(string file, string target, string[] without, double trainShare, bool isProbability)
    {
        var lines = File.ReadAllLines(ReferenceData.Find(file)!);
        var header = lines[0].Split(',');
        var inputs = Enumerable.Range(0, header.Length).Where(i => header[i] != target && !without.Contains(header[i])).ToArray();
        var rows = lines.Skip(1).Select(l => l.Split(',')).ToArray();
        var features = rows.SelectMany(r => inputs.Select(i => Number(r[i]))).ToArray();
        var targets = rows.Select(r => Number(r[Array.IndexOf(header, target)])).ToArray();
        var first = (int)(rows.Length * trainShare);
        var trained = first * 2 / 3;
        var model = BoostedTrees.Fit(features.AsSpan(0, trained * inputs.Length), targets.AsSpan(0, trained), inputs.Length);
        var predictions = Enumerable.Range(trained, rows.Length - trained)
            .Select(i => model.Predict(features.AsSpan(i * inputs.Length, inputs.Length)))
            .Select(p => isProbability ? Math.Clamp(p, 0, 1) : p)
            .ToArray();
        return new(predictions[(first - trained)..], targets[first..], predictions[..(first - trained)], targets[trained..first]);
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
