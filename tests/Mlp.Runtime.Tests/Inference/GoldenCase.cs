using System.Globalization;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Inference;

/// <summary>
/// One folder under golden/onnx: a model that another tool exported, rows to put into it, and what ONNX Runtime answered from Python. A column of the answers is an output, or one
/// element of it: <c>output[0]</c> by position, <c>output[setosa]</c> by class.
/// </summary>
internal sealed class GoldenCase
{
    private readonly string[] _answerNames;
    private readonly string[][] _answers;

    private GoldenCase(string folder)
    {
        Folder = folder;
        Onnx = File.ReadAllBytes(ReferenceData.Find($"golden/onnx/{folder}/model.onnx")!);
        var inputs = Read(folder, "inputs.csv");
        (Columns, Rows) = (inputs[0], inputs[1..]);
        var answers = Read(folder, "expected.csv");
        (_answerNames, _answers) = (answers[0], answers[1..]);
    }

    public string Folder { get; }

    public byte[] Onnx { get; }

    /// <summary>The columns of the rows: the inputs by name, or the columns of the only one.</summary>
    public string[] Columns { get; }

    /// <summary>The rows as text; NaN is a missing number.</summary>
    public string[][] Rows { get; }

    /// <summary>The columns of the answers that are compared.</summary>
    public IEnumerable<string> AnswerColumns => _answerNames.Where(n => n != "native");

    public static GoldenCase Open(string folder) => new(folder);

    /// <summary>What a caller would say of the model; class names are left to the file.</summary>
    public ModelOutput Output => Folder switch
    {
        "lightgbm_cancer" or "sklearn_adult_logistic_plain" => Binary("probabilities"),
        "sklearn_adult_logistic_zipmap" => Binary("output_probability"),
        "sklearn_iris_forest_strings" => new ModelOutput { Task = ModelTask.MulticlassClassification, ScoreOutput = "output_probability" },
        _ => new ModelOutput { Task = ModelTask.Regression, ScoreOutput = "variable" },
    };

    public float[] Floats(int row) => [.. Rows[row].Select(c => float.Parse(c, CultureInfo.InvariantCulture))];

    public double[] Doubles(int row) => [.. Rows[row].Select(c => double.Parse(c, CultureInfo.InvariantCulture))];

    /// <summary>An answer as text.</summary>
    public string Answer(int row, string column) => _answers[row][Array.IndexOf(_answerNames, column)];

    /// <summary>An answer as a number.</summary>
    public double Number(int row, string column) => double.Parse(Answer(row, column), CultureInfo.InvariantCulture);

    /// <summary>Numbers agree to |Δ| ≤ 1e-5 max(1, |reference|), labels and texts exactly.</summary>
    public void AssertAnswer(int row, string column, object found)
    {
        var expected = Answer(row, column);
        if (found is float or double)
        {
            var wanted = double.Parse(expected, CultureInfo.InvariantCulture);
            Assert.Equal(wanted, Convert.ToDouble(found, CultureInfo.InvariantCulture), 1e-5 * Math.Max(1, Math.Abs(wanted)));
        }
        else
        {
            Assert.Equal(expected, Convert.ToString(found, CultureInfo.InvariantCulture));
        }
    }

    /// <summary>Writes a row of the case into features whose layout has its columns in the same order.</summary>
    public void Fill(FeatureRows rows, int row, int destination)
    {
        var layout = rows.Layout;
        for (var i = 0; i < layout.Columns.Count; i++)
        {
            var ordinal = layout.OffsetOf(i);
            var cell = Rows[row][i];
            switch (layout.Columns[i].Type)
            {
                case FeatureType.Float32:
                    rows.Float32Of(destination)[ordinal] = float.Parse(cell, CultureInfo.InvariantCulture);
                    break;
                case FeatureType.Float64:
                    rows.Float64Of(destination)[ordinal] = double.Parse(cell, CultureInfo.InvariantCulture);
                    break;
                default:
                    rows.SetString(destination, ordinal, cell);
                    break;
            }

            rows.StatusOf(destination)[i] = cell == "NaN" ? FeatureStatus.Null : FeatureStatus.Present;
        }
    }

    /// <summary>The inputs of a call by name with these rows.</summary>
    public void Fill(ModelInputs inputs, ModelSignature signature, int first, int count)
    {
        for (var i = 0; i < signature.Inputs.Count; i++)
        {
            var (input, column) = (signature.Inputs[i], i);
            var width = signature.Inputs.Count == 1 ? Columns.Length : 1;
            var cells = Enumerable.Range(first, count).SelectMany(r => width == 1 ? [Rows[r][column]] : Rows[r]).ToArray();
            long[] shape = [count, width];
            switch (input.ElementType)
            {
                case TensorElementKind.Float32:
                    inputs.Set(input.Name, Array.ConvertAll(cells, c => float.Parse(c, CultureInfo.InvariantCulture)), shape);
                    break;
                case TensorElementKind.Float64:
                    inputs.Set(input.Name, Array.ConvertAll(cells, c => double.Parse(c, CultureInfo.InvariantCulture)), shape);
                    break;
                default:
                    inputs.Set(input.Name, cells, shape);
                    break;
            }
        }
    }

    /// <summary>The answer of a row in a column, out of the outputs of a call by name.</summary>
    public static object Answer(ModelOutputs outputs, string column, int row, IReadOnlyList<string> classNames)
    {
        var bracket = column.IndexOf('[', StringComparison.Ordinal);
        var value = outputs[bracket < 0 ? column : column[..bracket]];
        var element = bracket < 0 ? "0" : column[(bracket + 1)..^1];
        var index = classNames.ToList().IndexOf(element) is var found && found >= 0 ? found : int.Parse(element, CultureInfo.InvariantCulture);
        var width = value.Shape.Length > 1 ? (int)value.Shape[1] : 1;
        var position = (row * width) + index;
        return value.ElementType switch
        {
            TensorElementKind.Float32 => value.AsSpan<float>()[position],
            TensorElementKind.Float64 => value.AsSpan<double>()[position],
            TensorElementKind.Int64 => value.AsSpan<long>()[position],
            _ => value.AsStrings()[position],
        };
    }

    private static string[][] Read(string folder, string file) => [.. File.ReadLines(ReferenceData.Find($"golden/onnx/{folder}/{file}")!).Select(l => l.Split(','))];

    private static ModelOutput Binary(string output) => new() { Task = ModelTask.BinaryClassification, ScoreOutput = output, ScoreIndex = 1 };
}
