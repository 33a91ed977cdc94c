using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Mlp.TestSupport;
using Mlp.Training.Trees.Interop;

namespace Mlp.Training.Tests.Trees;

/// <summary>Random rows with missing values, zeros and categories, models that LightGBM trains on them, and what LightGBM and ONNX Runtime say of rows.</summary>
internal static class TreeData
{
    public const int Width = 8;

    // The last two columns are categories.
    public const string Categories = "categorical_feature=6,7";

    /// <summary>Rows of numbers and categories. Some thresholds are met exactly, because values have few digits.</summary>
    /// <param name="isTraining">Whether rows are such as LightGBM trains on: without negative and fractional categories, and without infinities.</param>
    public static float[] Rows(Random random, int count, bool isTraining)
    {
        var rows = new float[count * Width];
        for (var i = 0; i < rows.Length; i++)
        {
            var column = i % Width;
            rows[i] = column switch
            {
                6 => random.Next(isTraining ? 12 : 20),
                7 => random.Next(isTraining ? 60 : 90),
                5 => random.Next(3) == 0 ? 0 : random.Next(-20, 20) / 4f,
                4 => random.Next(5),
                _ => (float)Math.Round((random.NextDouble() * 10) - 4, random.Next(1, 6)),
            };
            if (random.Next(7) == 0)
            {
                rows[i] = float.NaN;
            }
            else if (random.Next(9) == 0)
            {
                rows[i] = 0;
            }

            if (!isTraining && random.Next(40) == 0)
            {
                rows[i] = random.Next(8) switch
                {
                    0 => -3,
                    1 => 1e30f,
                    2 => -0.5f,
                    3 => 5.7f,
                    4 => -1e30f,
                    5 => float.PositiveInfinity,
                    6 => 1e-36f,
                    _ => float.MaxValue,
                };
            }
        }

        return rows;
    }

    /// <summary>A label for each row that depends on all columns.</summary>
    public static float[] Labels(Random random, float[] rows, Func<double, Random, double> ofSignal)
        => [.. rows.Chunk(Width).Select(r =>
        {
            double Value(int i) => float.IsNaN(r[i]) ? 1.5 : r[i];
            var signal = Value(0) - (Value(1) * 0.5) + (Value(5) > 0 ? 2 : 0) + (Value(6) is 2 or 5 or 7 ? 2.5 : -1) + (Value(7) % 3) - (float.IsNaN(r[2]) ? 2 : 0);
            return (float)ofSignal(signal / 3, random);
        })];

    /// <summary>Trains by the parameters.</summary>
    public static string Train(float[] rows, float[] labels, string parameters, int iterations, int[]? groups = null, string categories = Categories)
    {
        var all = $"verbosity=-1 deterministic=true force_row_wise=true {categories} {parameters}";
        using var threads = new LightGbmThreads(1);
        using var dataset = LightGbmDataset.FromMatrix(Array.ConvertAll(rows, v => (double)v), Width, all);
        dataset.SetLabels(labels);
        if (groups is not null)
        {
            dataset.SetGroups(groups);
        }

        using var booster = LightGbmBooster.Create(dataset, all);
        for (var i = 0; i < iterations && booster.Update(); i++)
        {
        }

        return booster.ToText(0);
    }

    /// <summary>What LightGBM says of rows.</summary>
    public static double[] Native(string text, float[] rows, int width, int scoreCount, int predictType)
    {
        using var booster = LightGbmBooster.Load(text);
        var scores = new double[rows.Length / width * scoreCount];
        booster.Predict(rows, width, predictType, scores, "verbosity=-1");
        return scores;
    }

    /// <summary>What ONNX Runtime says of rows.</summary>
    /// <param name="output">Name of the output.</param>
    public static float[] Run(byte[] onnx, float[] rows, int width, string output)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
        using var session = new InferenceSession(onnx, options);
        var input = session.InputMetadata.Single();
        var count = rows.Length / width;
        var value = input.Value.ElementDataType == TensorElementType.Double
            ? NamedOnnxValue.CreateFromTensor(input.Key, new DenseTensor<double>(Array.ConvertAll(rows, v => (double)v), [count, width]))
            : NamedOnnxValue.CreateFromTensor(input.Key, new DenseTensor<float>(rows, [count, width]));
        using var results = session.Run([value], [output]);
        return results.Single().AsEnumerable<float>().ToArray();
    }

    /// <summary>The largest |value − reference| / max(1, |reference|).</summary>
    public static double Difference(IReadOnlyList<float> values, IReadOnlyList<double> references)
    {
        Assert.Equal(references.Count, values.Count);
        double largest = 0;
        for (var i = 0; i < values.Count; i++)
        {
            // What both say is infinite, or beyond float32, is the same.
            var reference = Math.Abs(references[i]) > float.MaxValue ? Math.CopySign(double.PositiveInfinity, references[i]) : references[i];
            var difference = values[i] == reference ? 0 : Math.Abs(values[i] - reference) / Math.Max(1, Math.Abs(reference));
            largest = Math.Max(largest, double.IsNaN(difference) ? double.PositiveInfinity : difference);
        }

        return largest;
    }

    /// <summary>Numbers of a golden file of text; NaN stays NaN.</summary>
    public static float[] ReadRows(string path)
        => [.. File.ReadLines(ReferenceData.Find(path)!).Skip(1).SelectMany(l => l.Split(',')).Select(w => float.Parse(w, CultureInfo.InvariantCulture))];
}
