using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Inference;

/// <summary>
/// Learns the shape of the score output by running the model on one, two and three rows: what a file declares can be untrue (some exporters declare [1] and
/// return a value per row), and memory bound for a wrong shape fails every call.
/// </summary>
internal sealed class OutputProbe(ModelManifest manifest, ExecutionSession session, InputPlan inputs)
{
    private readonly List<(string Name, int RowCount, Microsoft.ML.OnnxRuntime.Tensors.TensorElementType Type, long[] Shape)> _others = [];

    /// <summary>Whether the model ran on the probe's rows (zeros and empty texts). If not, its output is what the file declares.</summary>
    public bool HasRun { get; private set; } = true;

    /// <summary>Runs the probe.</summary>
    /// <returns>The outputs.</returns>
    /// <exception cref="InvalidModelException">The output is not a tensor of numbers with one row per row.</exception>
    public OutputPlans Run()
    {
        RequireTensor();
        var plans = new List<OutputPlan>();
        _others.Clear();
        try
        {
            foreach (var rowCount in RowCounts)
            {
                plans.Add(Run(rowCount));
            }
        }
        catch (OnnxRuntimeException e)
        {
            // Some models refuse unknown categories. The first true call will show whether the declaration holds.
            HasRun = false;
            RequireShapes(e);
            return new OutputPlans(ReadDeclaration(e), []);
        }

        // A fixed batch of 1 is true of one row only.
        var isAsDeclared = plans.All(p => p.IsAsDeclared);
        return plans.Select(p => p with { IsAsDeclared = isAsDeclared }).Distinct().Count() == 1
            ? new OutputPlans(plans[0] with { IsAsDeclared = isAsDeclared }, Others())
            : throw Error($"an output of the same width for every number of rows, but found {string.Join(", ", plans.Zip(RowCounts, (p, r) => $"{Text(p.Shape(r))} for {Text(r)}"))} rows");
    }

    private int[] RowCounts => inputs.FixedBatch > 0 ? [inputs.FixedBatch] : [1, 2, 3];

    private IEnumerable<TensorSpecification> OtherTensors
        => manifest.Signature.Outputs.Where(o => o.Name != manifest.Output.ScoreOutput && OutputBuffer.Supports(TensorElements.ToEngine(o.ElementType)));

    /// <summary>What has one row per row, and the same width for any number of them; the rest can be had by a call with inputs and outputs.</summary>
    private List<OutputPlan> Others()
    {
        var plans = new List<OutputPlan>();
        foreach (var runs in _others.GroupBy(o => o.Name))
        {
            var first = runs.First();
            var width = first.Shape.Length > 1 ? first.Shape[^1] : 1;
            if (runs.All(r => r.Shape.Length is 1 or 2 && r.Shape[0] == r.RowCount && r.Shape.Length == first.Shape.Length && (r.Shape.Length == 1 || r.Shape[1] == width)))
            {
                plans.Add(new OutputPlan(first.Name, first.Type, first.Shape.Length, (int)width, runs.All(r => IsDeclared(first.Name, r.Shape))));
            }
        }

        return plans;
    }

    private OutputPlan Run(int rowCount)
    {
        var rows = new FeatureRows(inputs.Layout, rowCount);
        rows.Reset(rowCount);
        rows.Float32.Clear();
        rows.Float64.Clear();
        var buffers = inputs.Inputs.Select(i => InputBuffer.Create(i, rows)).ToArray();
        if (inputs.NeedsWindow)
        {
            var windows = new InputWindows(buffers, rows, rowCount);
            windows.Gather(rowCount);
            windows.Load(0, rowCount);
            buffers = windows.Buffers;
        }

        var values = Array.ConvertAll(buffers, b => b.CreateValue(rowCount));
        try
        {
            using var binding = session.CreateBinding();
            for (var i = 0; i < buffers.Length; i++)
            {
                buffers[i].Fill(values[i], rowCount);
                binding.BindInput(buffers[i].Input.Name, values[i]);
            }

            binding.BindOutputToDevice(manifest.Output.ScoreOutput, OrtMemoryInfo.DefaultInstance);
            foreach (var other in OtherTensors)
            {
                binding.BindOutputToDevice(other.Name, OrtMemoryInfo.DefaultInstance);
            }

            using var options = new RunOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
            using var outputs = session.RunForOutputs(options, binding);
            foreach (var (other, value) in OtherTensors.Zip(outputs.Skip(1)))
            {
                var found = value.GetTensorTypeAndShape();
                _others.Add((other.Name, rowCount, found.ElementDataType, found.Shape));
            }

            var shape = outputs[0].GetTensorTypeAndShape();
            return Read(shape.ElementDataType, shape.Shape, rowCount);
        }
        finally
        {
            foreach (var value in values)
            {
                value.Dispose();
            }

            GC.KeepAlive(rows);
        }
    }

    private OutputPlan Read(TensorElementType type, long[] shape, int rowCount)
    {
        if (shape.Length == 0 || shape[0] != rowCount)
        {
            throw Error($"one row of output per row of input, but found {Text(shape)} for {Text(rowCount)} rows");
        }

        return Create(type, shape, $"found {Text(shape)}");
    }

    private OutputPlan ReadDeclaration(OnnxRuntimeException cause)
    {
        var declared = manifest.Signature.Outputs.First(o => o.Name == manifest.Output.ScoreOutput);
        if (declared.Dimensions.Count == 0 || declared.Dimensions.Skip(1).Any(d => d < 1))
        {
            throw Error($"a model that runs on zeros and empty texts, or one that declares the width of its output, but found {declared}", cause);
        }

        return Create(TensorElements.ToEngine(declared.ElementType), [.. declared.Dimensions], $"found {declared}");
    }

    private OutputPlan Create(TensorElementType type, long[] shape, string found)
    {
        if (ScoreTensors.MemoryOf(type) is not { } memory)
        {
            throw Error($"numbers, but found values of type {TensorElements.FromEngine(type)}");
        }

        var width = shape.Skip(1).Aggregate(1L, (product, size) => product * size);
        var output = manifest.Output;
        var least = output.Task == ModelTask.MulticlassClassification ? Math.Max(2, output.ClassNames.Count) : output.ScoreIndex + 1;
        if (width < least || (output.Task == ModelTask.MulticlassClassification && output.ClassNames.Count > 0 && width != least))
        {
            throw Error($"{(output.Task == ModelTask.MulticlassClassification ? string.Empty : "at least ")}{Text(least)} values per row, but {found}");
        }

        // Between the rows and the last dimension only ones may stand: a row of scores is a list.
        return width == shape[^1] || shape.Length == 1
            ? new OutputPlan(output.ScoreOutput, memory, shape.Length, (int)width, IsDeclared(output.ScoreOutput, shape)) { Conversion = memory == type ? null : type }
            : throw Error($"a list of values per row, but {found}");
    }

    private bool IsDeclared(string output, long[] shape)
    {
        var declared = manifest.Signature.Outputs.First(o => o.Name == output).Dimensions;

        // A declaration without dimensions leaves the shape open.
        return declared.Count == 0 || (declared.Count == shape.Length && declared.Zip(shape).All(d => d.First < 0 || d.First == d.Second));
    }

    /// <summary>Only a run can show that inputs of undeclared shape hold rows.</summary>
    private void RequireShapes(OnnxRuntimeException cause)
    {
        if (manifest.Signature.Inputs.FirstOrDefault(i => i.Dimensions.Count == 0) is { } input)
        {
            throw new InvalidModelException(
                manifest.Name,
                $"Expected input '{input.Name}', whose shape the file does not declare, to take rows of features, but ONNX Runtime says: {cause.Message.Trim()} ({manifest.Where}).",
                cause);
        }
    }

    private void RequireTensor()
    {
        var declared = manifest.Signature.Outputs.FirstOrDefault(o => o.Name == manifest.Output.ScoreOutput)
            ?? throw Error($"an output of that name, but found {string.Join(", ", manifest.Signature.Outputs.Select(o => $"'{o.Name}'"))}");
        if (declared.ElementType is TensorElementKind.Other or TensorElementKind.Sequence or TensorElementKind.Map or TensorElementKind.Optional or TensorElementKind.SparseTensor)
        {
            throw Error("a tensor of numbers, but found another kind of value. Publish the model with task Tensors, and call it by its inputs and outputs");
        }
    }

    private InvalidModelException Error(string rest, Exception? cause = null)
        => new(
            manifest.Name,
            $"Expected output '{manifest.Output.ScoreOutput}', the score, to be {rest} ({manifest.Where}).",
            cause);

    private static string Text(long[] shape) => "[" + string.Join(", ", shape.Select(d => FormattableString.Invariant($"{d}"))) + "]";

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
