using Mlp.Runtime.Kernels.Steps;
using Mlp.Runtime.Kernels.Trees;
using Mlp.Runtime.Onnx;

namespace Mlp.Runtime.Kernels.Recognition;

/// <summary>Operators for classical models (ai.onnx.ml) other than trees.</summary>
internal static class ClassicalOperators
{
    public static KernelValue Scaler(GraphRecogniser graph, OnnxNodeEditor node, string output)
    {
        var source = AsFloats(graph, graph.Resolve(node.Inputs[0]), node);
        var offset = Row(node, "offset", source.Width);
        var scale = Row(node, "scale", source.Width);
        var shifted = ElementOperators.WithConstants<Arithmetic.Subtract>(
            graph, source, offset, static (origin, constant) => origin with { Offset = origin.Offset + (origin.Factor * constant) });
        return ElementOperators.WithConstants<Arithmetic.Multiply>(
            graph, shifted, scale, static (origin, constant) => constant == 0 ? ColumnOrigin.None : origin with { Factor = origin.Factor / constant });
    }

    public static KernelValue Imputer(GraphRecogniser graph, OnnxNodeEditor node, string output)
    {
        var source = graph.Resolve(node.Inputs[0]);
        if (source is not { Element: KernelElement.Float32, Rank: 2 } || !float.IsNaN(node.Attribute("replaced_value_float")?.Float ?? 0))
        {
            throw Operators.Uncovered(node, "other than NaN in float32 to replace");
        }

        var values = node.Attribute("imputed_value_floats")?.Floats ?? [];
        if (values.Length != 1 && values.Length != source.Width)
        {
            throw Operators.Uncovered(node, "values for other columns");
        }

        var missing = graph.AddValue(KernelElement.Boolean, source.Width);
        graph.AddStep(new MissingStep<float>(source, missing));
        var result = graph.AddValue(KernelElement.Float32, source.Width, 2, source.Origins);
        graph.AddStep(new SelectStep<float>(missing, new Operand<float>(values, source.Width), new Operand<float>(source), result));
        return result;
    }

    public static KernelValue LinearRegressor(GraphRecogniser graph, OnnxNodeEditor node, string output)
    {
        var source = AsFloats(graph, graph.Resolve(node.Inputs[0]), node);
        var targets = (int)(node.Attribute("targets")?.Int ?? 1);
        var transform = Transform(node);
        var scores = AddScores(graph, node, source, targets);

        // ONNX Runtime transforms the targets of a row only where there are several.
        return targets == 1 ? scores : AddTransform(graph, node, scores, transform);
    }

    public static KernelValue LinearClassifier(GraphRecogniser graph, OnnxNodeEditor node, string output)
    {
        if (node.Outputs.Count < 2 || output != node.Outputs[1])
        {
            throw Operators.Uncovered(node, "its labels as the score");
        }

        var source = AsFloats(graph, graph.Resolve(node.Inputs[0]), node);
        var classes = node.Attribute("intercepts")?.Floats.Length ?? 0;
        var transform = Transform(node);
        var labels = Math.Max(node.Attribute("classlabels_strings")?.Strings.Count ?? 0, node.Attribute("classlabels_ints")?.Ints.Count ?? 0);
        var scores = AddScores(graph, node, source, classes);
        if (classes > 1)
        {
            return AddTransform(graph, node, scores, transform);
        }

        if (labels != 2 || transform != PostTransform.None)
        {
            throw Operators.Uncovered(node, "one class with a transformation");
        }

        var result = graph.AddValue(KernelElement.Float32, 2);
        graph.AddStep(new SecondClassStep(scores, result));
        return result;
    }

    /// <summary>The transformation at the end of a classical model.</summary>
    /// <param name="node">The node.</param>
    public static PostTransform Transform(OnnxNodeEditor node) => (node.Attribute("post_transform")?.String ?? "NONE") switch
    {
        "NONE" => PostTransform.None,
        "LOGISTIC" => PostTransform.Logistic,
        "SOFTMAX" => PostTransform.Softmax,
        "SOFTMAX_ZERO" => PostTransform.SoftmaxZero,
        var other => throw Operators.Uncovered(node, $"the transformation {other}"),
    };

    /// <summary>A value in float32, as these operators convert what they read.</summary>
    /// <param name="graph">The recogniser.</param>
    /// <param name="source">The value.</param>
    /// <param name="node">The node that reads it.</param>
    public static KernelValue AsFloats(GraphRecogniser graph, KernelValue source, OnnxNodeEditor node)
    {
        if (source.Rank != 2)
        {
            throw Operators.Uncovered(node, "an input without columns");
        }

        if (source.Element == KernelElement.Float32)
        {
            return source;
        }

        var result = graph.AddValue(KernelElement.Float32, source.Width, 2, source.Origins);
        graph.AddStep(source.Element switch
        {
            KernelElement.Float64 => new CastStep<double, float>(source, result),
            KernelElement.Int64 => new CastStep<long, float>(source, result),
            _ => throw Operators.Uncovered(node, $"{source.Element}"),
        });
        return result;
    }

    private static KernelValue AddScores(GraphRecogniser graph, OnnxNodeEditor node, KernelValue source, int outputs)
    {
        var coefficients = node.Attribute("coefficients")?.Floats ?? [];
        if (outputs < 1 || coefficients.Length != outputs * source.Width)
        {
            throw Operators.Uncovered(node, "coefficients of another shape");
        }

        var weights = new double[coefficients.Length];
        for (var i = 0; i < weights.Length; i++)
        {
            weights[(i % source.Width * outputs) + (i / source.Width)] = coefficients[i];
        }

        var intercepts = node.Attribute("intercepts")?.Floats ?? [];
        return NetworkOperators.AddLayer(graph, source, weights, intercepts.Length == outputs ? Array.ConvertAll(intercepts, v => (double)v) : new double[outputs], outputs);
    }

    private static KernelValue AddTransform(GraphRecogniser graph, OnnxNodeEditor node, KernelValue scores, PostTransform transform) => transform switch
    {
        PostTransform.None => scores,
        PostTransform.Logistic => NetworkOperators.AddActivation<Activations.Sigmoid>(graph, scores, 0),
        PostTransform.Softmax => NetworkOperators.AddSoftmax(graph, scores),
        _ => throw Operators.Uncovered(node, $"the transformation {transform}"),
    };

    private static double[] Row(OnnxNodeEditor node, string attribute, int width)
    {
        var values = node.Attribute(attribute)?.Floats ?? [];
        return values.Length == 1 || values.Length == width
            ? Array.ConvertAll(values, v => (double)v)
            : throw Operators.Uncovered(node, FormattableString.Invariant($"{values.Length} numbers of '{attribute}' for {width} columns"));
    }
}
