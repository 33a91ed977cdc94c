using System.Text.Json;

namespace Mlp.Monitoring.Tests.Estimation;

/// <summary>What numpy and scikit-learn make of the same rows: Fixtures/estimation_golden.py writes Fixtures/estimation-golden.json.</summary>
internal static class EstimationGolden
{
    private static readonly JsonElement Root = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Fixtures", "estimation-golden.json"))).RootElement;

    public const int ChunkSize = 400;

    public static double[] Numbers(string method, string figure) => [.. Root.GetProperty(method).GetProperty(figure).EnumerateArray().Select(e => e.GetDouble())];

    /// <summary>Three classes, scores that are too sure. Shape of the scores (rows, 3).</summary>
    public static (double[] Scores, int[] Labels) ClassifierRows(int first, int count)
    {
        var (scores, labels) = (new double[3 * count], new int[count]);
        for (var i = 0; i < count; i++)
        {
            var raw = new[] { 2.0, 3, 5 }.Select(root => 0.05 + (Unit(first + i, root) * Unit(first + i, root))).ToArray();
            var total = raw[0] + raw[1] + raw[2];
            var soft = raw.Select(r => Math.Sqrt(r / total)).ToArray();
            var draw = Unit(first + i, 7) * (soft[0] + soft[1] + soft[2]);
            labels[i] = draw < soft[0] ? 0 : draw < soft[0] + soft[1] ? 1 : 2;
            for (var c = 0; c < 3; c++)
            {
                scores[(3 * i) + c] = raw[c] / total;
            }
        }

        return (scores, labels);
    }

    /// <summary>Two features and a prediction on coarse grids. Shape of the features (rows, 2).</summary>
    public static (double[] Features, double[] Predictions, double[] Targets) RegressionRows(int first, int count)
    {
        var (features, predictions, targets) = (new double[2 * count], new double[count], new double[count]);
        for (var i = 0; i < count; i++)
        {
            var (a, b) = (Math.Floor(Unit(first + i, 2) * 16) / 16, Math.Floor(Unit(first + i, 3) * 12) / 12);
            (features[2 * i], features[(2 * i) + 1]) = (a, b);
            predictions[i] = Math.Floor(Unit(first + i, 5) * 8) / 8;
            targets[i] = predictions[i] + ((Unit(first + i, 7) - 0.5) * (1 + (4 * a))) + ((Unit(first + i, 11) - 0.5) * b * predictions[i]);
        }

        return (features, predictions, targets);
    }

    private static double Unit(int i, double root)
    {
        var x = (i + 1) * Math.Sqrt(root);
        return x - Math.Floor(x);
    }
}
