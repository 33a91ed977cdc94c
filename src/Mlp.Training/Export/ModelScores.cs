using Mlp.Runtime.Statistics;

namespace Mlp.Training.Export;

/// <summary>What a model says of rows.</summary>
/// <param name="Values">Shape (rows, <paramref name="Width"/>), row-major.</param>
/// <param name="Width">Scores of a row.</param>
/// <param name="ClassNames">Names of the classes, where scores are those of several classes; empty where nobody has named them.</param>
internal readonly record struct ModelScores(float[] Values, int Width, IReadOnlyList<string> ClassNames)
{
    /// <summary>One score of each row.</summary>
    /// <param name="output">Which.</param>
    public float[] OfOutput(int output)
    {
        if (Width == 1)
        {
            return Values;
        }

        var scores = new float[Values.Length / Width];
        for (var row = 0; row < scores.Length; row++)
        {
            scores[row] = Values[(row * Width) + output];
        }

        return scores;
    }

    /// <summary>The class with the highest score of each row, by the name that monitoring gives it.</summary>
    public string[] PredictedClasses()
    {
        var classes = new string[Values.Length / Width];
        var scores = new double[Width];
        for (var row = 0; row < classes.Length; row++)
        {
            for (var i = 0; i < Width; i++)
            {
                scores[i] = Values[(row * Width) + i];
            }

            var best = MulticlassMetrics.PredictedClass(scores);
            classes[row] = best < ClassNames.Count ? ClassNames[best] : FormattableString.Invariant($"class {best}");
        }

        return classes;
    }
}
