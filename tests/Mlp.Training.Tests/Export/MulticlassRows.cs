using Mlp.Runtime.Data;

namespace Mlp.Training.Tests.Export;

/// <summary>Rows of three classes, called a, b and c, that two numbers tell apart; the latter half of the rows begins anew, so that every stretch has all classes.</summary>
internal static class MulticlassRows
{
    public static ArrowTrainingSet Create(int count, int seed = 3)
    {
        var random = new Random(seed);
        var (x, y, label) = (new float?[count], new double?[count], new string[count]);
        for (var i = 0; i < count; i++)
        {
            var c = random.Next(3);
            label[i] = "abc"[c].ToString();
            x[i] = random.Next(20) == 0 ? null : c + (float)random.NextDouble();
            y[i] = (c * 0.5) - random.NextDouble();
        }

        return new Rows().Float32("x", x).Float64("y", y).Label("label", label).Time("at", [.. Enumerable.Range(0, count).Select(i => (long)i)]).Set("label", "at");
    }
}
