using Mlp.Training.Evaluation;

namespace Mlp.Training.Tests.Evaluation.Calibration;

/// <summary>Scores of a model that is surer than it should be, with the labels that happened.</summary>
internal static class CalibrationScores
{
    /// <summary>Probabilities whose log odds are twice the true ones and shifted.</summary>
    public static (float[] Scores, int[] Labels) Overconfident(int count, int seed)
    {
        var random = new Random(seed);
        var (scores, labels) = (new float[count], new int[count]);
        for (var i = 0; i < count; i++)
        {
            var odds = (random.NextDouble() * 5) - 3;
            labels[i] = random.NextDouble() < Sigmoid(odds) ? 1 : 0;

            // Two digits: some rows have one score.
            scores[i] = (float)Math.Round(Sigmoid((2 * odds) + 0.7), i % 3 == 0 ? 2 : 6);
        }

        return (scores, labels);
    }

    /// <summary>Probabilities of three classes, sharper than the truth.</summary>
    public static (float[] Scores, int[] Labels) Sharp(int count, int seed, double sharpness = 2.5, double shift = 0)
    {
        var random = new Random(seed);
        var (scores, labels) = (new float[count * 3], new int[count]);
        for (var i = 0; i < count; i++)
        {
            double[] logits = [random.NextDouble() * 2, random.NextDouble() * 2, random.NextDouble() * 2];
            var truth = Softmax(logits);
            var draw = random.NextDouble();
            labels[i] = draw < truth[0] ? 0 : draw < truth[0] + truth[1] ? 1 : 2;
            var said = Softmax([(logits[0] * sharpness) + shift, logits[1] * sharpness, logits[2] * sharpness]);
            for (var c = 0; c < 3; c++)
            {
                scores[(i * 3) + c] = (float)said[c];
            }
        }

        return (scores, labels);
    }

    /// <summary>Scores, labels and weights as rows of two or of three classes.</summary>
    public static ScoredRows Of(float[] scores, int[] labels, float[]? weights = null)
    {
        var (wide, counts) = (Array.ConvertAll(scores, s => (double)s), Array.ConvertAll(weights ?? [], w => (double)w));
        return scores.Length == labels.Length
            ? ScoredRows.Binary(wide, Array.ConvertAll(labels, l => (double)l), counts)
            : ScoredRows.Multiclass(wide, labels, ["a", "b", "c"], counts);
    }

    public static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    private static double[] Softmax(double[] logits)
    {
        double[] odds = [.. logits.Select(Math.Exp)];
        return [.. odds.Select(o => o / odds.Sum())];
    }
}
