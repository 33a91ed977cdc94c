using System.Numerics;
using Mlp.Runtime.Kernels.Steps;
using Mlp.Runtime.Onnx;

namespace Mlp.Runtime.Kernels.Recognition;

/// <summary>Operators that treat each number by itself.</summary>
internal static class ElementOperators
{
    public static KernelValue Add(GraphRecogniser graph, OnnxNodeEditor node, string output)
        => NetworkOperators.TryReadBias(graph, node)
            ?? Binary<Arithmetic.Add>(graph, node, (origin, constant) => origin with { Offset = origin.Offset - (origin.Factor * constant) });

    public static KernelValue Subtract(GraphRecogniser graph, OnnxNodeEditor node, string output)
        => Binary<Arithmetic.Subtract>(graph, node, (origin, constant) => origin with { Offset = origin.Offset + (origin.Factor * constant) });

    public static KernelValue Multiply(GraphRecogniser graph, OnnxNodeEditor node, string output)
        => Binary<Arithmetic.Multiply>(graph, node, (origin, constant) => constant == 0 ? ColumnOrigin.None : origin with { Factor = origin.Factor / constant });

    public static KernelValue Divide(GraphRecogniser graph, OnnxNodeEditor node, string output)
        => Binary<Arithmetic.Divide>(graph, node, (origin, constant) => origin with { Factor = origin.Factor * constant });

    public static KernelValue Clip(GraphRecogniser graph, OnnxNodeEditor node, string output)
    {
        var source = graph.Resolve(node.Inputs[0]);
        var value = source;
        if (Bound(graph, node, 1, "min") is { } least)
        {
            value = Limit<Arithmetic.Maximum>(graph, value, least);
        }

        if (Bound(graph, node, 2, "max") is { } greatest)
        {
            value = Limit<Arithmetic.Minimum>(graph, value, greatest);
        }

        return value;
    }

    public static KernelValue IsNaN(GraphRecogniser graph, OnnxNodeEditor node, string output)
    {
        var source = graph.Resolve(node.Inputs[0]);
        var result = graph.AddValue(KernelElement.Boolean, source.Width, source.Rank);
        graph.AddStep(source.Element switch
        {
            KernelElement.Float32 => new MissingStep<float>(source, result),
            KernelElement.Float64 => new MissingStep<double>(source, result),
            _ => throw Operators.Uncovered(node, $"{source.Element}"),
        });
        return result;
    }

    public static KernelValue Equal(GraphRecogniser graph, OnnxNodeEditor node, string output)
    {
        var (value, constant) = graph.Constants.Contains(node.Inputs[0]) ? (node.Inputs[1], node.Inputs[0]) : (node.Inputs[0], node.Inputs[1]);
        var source = graph.Resolve(value);
        if (source.Element != KernelElement.Int64)
        {
            throw Operators.Uncovered(node, $"{source.Element}");
        }

        RequireRow(graph, node, constant, source);
        var result = graph.AddValue(KernelElement.Boolean, source.Width, source.Rank);
        graph.AddStep(new EqualStep(source, new Operand<long>(graph.Constants.Integers(constant), source.Width), result));
        return result;
    }

    public static KernelValue Where(GraphRecogniser graph, OnnxNodeEditor node, string output)
    {
        var condition = graph.Resolve(node.Inputs[0]);
        var yes = graph.Constants.Contains(node.Inputs[1]) ? null : graph.Resolve(node.Inputs[1]);
        var no = graph.Constants.Contains(node.Inputs[2]) ? null : graph.Resolve(node.Inputs[2]);
        var element = (yes ?? no)?.Element;
        if (condition.Element != KernelElement.Boolean || element is not (KernelElement.Float32 or KernelElement.Float64)
            || (yes ?? no)!.Element != (no ?? yes)!.Element || HasOtherShape(yes, condition) || HasOtherShape(no, condition))
        {
            throw Operators.Uncovered(node, "other than numbers of one shape");
        }

        var result = graph.AddValue(element.Value, condition.Width, condition.Rank, (yes, no) is (null, _) or (_, null) ? (yes ?? no)!.Origins : null);
        graph.AddStep(element == KernelElement.Float32 ? Select<float>(graph, node, condition, yes, no, result) : Select<double>(graph, node, condition, yes, no, result));
        return result;
    }

    /// <summary>Applies an operation with constants to each row.</summary>
    /// <typeparam name="TOperation">The operation.</typeparam>
    /// <param name="graph">The recogniser.</param>
    /// <param name="source">The left side.</param>
    /// <param name="constants">One number per column, or one for all.</param>
    /// <param name="move">Where a column comes from after the operation; null if that cannot be said.</param>
    public static KernelValue WithConstants<TOperation>(GraphRecogniser graph, KernelValue source, double[] constants, Func<ColumnOrigin, double, ColumnOrigin>? move)
        where TOperation : struct, IArithmetic
    {
        var result = graph.AddValue(source.Element, source.Width, source.Rank, Move(source, constants, move));
        graph.AddStep(source.Element == KernelElement.Float64
            ? new ArithmeticStep<double, TOperation>(new Operand<double>(source), new Operand<double>(constants, source.Width), result)
            : new ArithmeticStep<float, TOperation>(new Operand<float>(source), new Operand<float>(Array.ConvertAll(constants, c => (float)c), source.Width), result));
        return result;
    }

    private static ColumnOrigin[]? Move(KernelValue source, double[] constants, Func<ColumnOrigin, double, ColumnOrigin>? move)
        => move is null ? null : source.Origins?.Select((o, i) => move(o, constants[constants.Length == 1 ? 0 : i])).ToArray();

    private static KernelValue Binary<TOperation>(GraphRecogniser graph, OnnxNodeEditor node, Func<ColumnOrigin, double, ColumnOrigin> move)
        where TOperation : struct, IArithmetic
    {
        var (left, right) = (node.Inputs[0], node.Inputs[1]);
        if (graph.Constants.Contains(left) && graph.Constants.Contains(right))
        {
            throw Operators.Uncovered(node, "constants only");
        }

        var source = graph.Resolve(graph.Constants.Contains(left) ? right : left);
        if (source.Element is not (KernelElement.Float32 or KernelElement.Float64))
        {
            throw Operators.Uncovered(node, $"{source.Element}");
        }

        if (graph.Constants.Contains(right))
        {
            RequireRow(graph, node, right, source);
            return WithConstants<TOperation>(graph, source, graph.Constants.Numbers(right), move);
        }

        // With the constant on the left only what can be turned round is known: a sum and a product.
        var turned = graph.Constants.Contains(left) && typeof(TOperation) != typeof(Arithmetic.Add) && typeof(TOperation) != typeof(Arithmetic.Multiply);
        return source.Element == KernelElement.Float64
            ? Binary<double, TOperation>(graph, node, source, turned ? null : move)
            : Binary<float, TOperation>(graph, node, source, turned ? null : move);
    }

    private static KernelValue Binary<T, TOperation>(GraphRecogniser graph, OnnxNodeEditor node, KernelValue source, Func<ColumnOrigin, double, ColumnOrigin>? move)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TOperation : struct, IArithmetic
    {
        var left = node.Inputs[0];
        if (graph.Constants.Contains(left))
        {
            RequireRow(graph, node, left, source);
            var constants = graph.Constants.Numbers(left);
            var turned = graph.AddValue(source.Element, source.Width, source.Rank, Move(source, constants, move));
            graph.AddStep(new ArithmeticStep<T, TOperation>(Constants<T>(constants, source.Width), new Operand<T>(source), turned));
            return turned;
        }

        var other = graph.Resolve(node.Inputs[1]);
        if (other.Element != source.Element || HasOtherShape(other, source))
        {
            throw Operators.Uncovered(node, "values of two shapes");
        }

        var result = graph.AddValue(source.Element, source.Width, source.Rank, ReferenceEquals(source, other) ? source.Origins : null);
        graph.AddStep(new ArithmeticStep<T, TOperation>(new Operand<T>(source), new Operand<T>(other), result));
        return result;
    }

    private static SelectStep<T> Select<T>(GraphRecogniser graph, OnnxNodeEditor node, KernelValue condition, KernelValue? yes, KernelValue? no, KernelValue result)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        return new SelectStep<T>(condition, Side(yes, node.Inputs[1]), Side(no, node.Inputs[2]), result);

        Operand<T> Side(KernelValue? value, string name)
        {
            if (value is not null)
            {
                return new Operand<T>(value);
            }

            RequireRow(graph, node, name, condition);
            return Constants<T>(graph.Constants.Numbers(name), condition.Width);
        }
    }

    private static Operand<T> Constants<T>(double[] constants, int width)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        => new(Array.ConvertAll(constants, c => T.CreateTruncating(c)), width);

    private static KernelValue Limit<TOperation>(GraphRecogniser graph, KernelValue source, double bound)
        where TOperation : struct, IArithmetic
    {
        foreach (var origin in source.Origins ?? [])
        {
            graph.Hints.AddPoint(origin, bound);
        }

        return WithConstants<TOperation>(graph, source, [bound], static (origin, _) => origin);
    }

    private static double? Bound(GraphRecogniser graph, OnnxNodeEditor node, int input, string attribute)
        => Operators.Input(node, input) is { } name ? graph.Constants.Numbers(name)[0] : node.Attribute(attribute)?.Float;

    private static bool HasOtherShape(KernelValue? value, KernelValue wanted) => value is not null && (value.Width != wanted.Width || value.Rank != wanted.Rank);

    /// <summary>One number, or a row of as many as the value has columns.</summary>
    private static void RequireRow(GraphRecogniser graph, OnnxNodeEditor node, string constant, KernelValue value)
    {
        var shape = graph.Constants.DimensionsOf(constant);
        var length = shape.Count == 0 ? 1 : shape[^1];
        var isRow = shape.Count <= value.Rank && shape.SkipLast(1).All(d => d == 1) && (length == 1 || (value.Rank == 2 && length == value.Width));
        if (!isRow)
        {
            throw Operators.Uncovered(node, "constants of another shape than a row");
        }
    }
}
