using System.Globalization;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;

namespace Mlp.Benchmarks.Training;

/// <summary>Random rows of 20 numbers of float32 with missing values, and a label that trees can learn.</summary>
internal static class RandomTreeRows
{
    public const int Width = 20;

    public static (float[] Rows, float[] Labels) Draw(int count, int seed)
    {
        var random = new Random(seed);
        var (rows, labels) = (new float[count * Width], new float[count]);
        for (var row = 0; row < count; row++)
        {
            var values = rows.AsSpan(row * Width, Width);
            foreach (ref var value in values)
            {
                value = MathF.Round((float)((random.NextDouble() * 10) - 5), 4);
            }

            labels[row] = values[0] + (values[1] * values[2] / 3) + (values[3] > 1 ? 2 : 0) + (random.NextDouble() * 4) - 2 > 0.5 ? 1 : 0;
            if (random.Next(4) == 0)
            {
                values[random.Next(Width)] = float.NaN;
            }
        }

        return (rows, labels);
    }

    /// <summary>The rows as Arrow columns; NaN becomes null.</summary>
    public static ArrowTrainingSet ToArrow(float[] rows, float[] labels)
    {
        var fields = new List<Field>();
        var arrays = new List<IArrowArray>();
        for (var column = 0; column < Width; column++)
        {
            var builder = new FloatArray.Builder();
            for (var row = 0; row < labels.Length; row++)
            {
                var value = rows[(row * Width) + column];
                _ = float.IsNaN(value) ? builder.AppendNull() : builder.Append(value);
            }

            fields.Add(new Field(string.Create(CultureInfo.InvariantCulture, $"f{column}"), FloatType.Default, nullable: true));
            arrays.Add(builder.Build());
        }

        fields.Add(new Field("label", FloatType.Default, nullable: false));
        arrays.Add(new FloatArray.Builder().AppendRange(labels).Build());
        return new ArrowTrainingSet(
            [new RecordBatch(new Schema(fields, null), arrays, labels.Length)], [.. fields.Take(Width).Select(f => new FeatureColumn(f.Name, FeatureType.Float32, "view"))], "label");
    }

    /// <summary>Writes the rows as LightGBM's text: the label, then the numbers.</summary>
    public static void WriteText(string path, float[] rows, float[] labels)
    {
        using var writer = new StreamWriter(path, append: false, Encoding.ASCII);
        for (var row = 0; row < labels.Length; row++)
        {
            writer.Write(labels[row].ToString(CultureInfo.InvariantCulture));
            foreach (var value in rows.AsSpan(row * Width, Width))
            {
                writer.Write(',');
                writer.Write(float.IsNaN(value) ? "na" : value.ToString("R", CultureInfo.InvariantCulture));
            }

            writer.WriteLine();
        }
    }
}
