using Microsoft.ML.OnnxRuntime.Tensors;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Kernels;
using Mlp.Runtime.Kernels.Recognition;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.Runtime.Tests.Inference;
using Xunit.Abstractions;

namespace Mlp.Runtime.Tests.Kernels;

/// <summary>The ONNX project's own cases of one matrix in and one out: what becomes a kernel answers as the case says.</summary>
public sealed class OperatorCaseKernelTests(ITestOutputHelper output)
{
    private const double Tolerance = 1e-5;

    [OperatorCasesFact]
    public void Run_EveryCaseThatBecomesAKernel_GivesTheExpectedAnswer()
    {
        var compared = new List<string>();
        foreach (var operatorCase in OperatorCase.All())
        {
            var signature = OnnxModelReader.Read("m", operatorCase.Onnx).Signature;
            if (signature.Inputs is not [{ Dimensions: [_, > 0 and var width] } input] || signature.Outputs is not [{ Dimensions: [_, > 0 and var columns] } result]
                || input.ElementType != result.ElementType || input.ElementType is not (TensorElementKind.Float32 or TensorElementKind.Float64))
            {
                continue;
            }

            var isWide = input.ElementType == TensorElementKind.Float64;
            var feature = new FeatureInput(0, input.Name, FeatureInputKind.Block, isWide ? FeatureType.Float64 : FeatureType.Float32, -1, 0, (int)width, 2);
            try
            {
                var program = GraphRecogniser.Recognise("m", operatorCase.Onnx, [feature], result.Name, isWide ? KernelElement.Float64 : KernelElement.Float32, (int)columns);
                Compare(operatorCase, program, feature, signature);
                compared.Add(operatorCase.Name);
            }
            catch (UncoveredGraphException e)
            {
                output.WriteLine($"{operatorCase.Name}: {e.Message}");
            }
        }

        output.WriteLine($"Compared: {string.Join(", ", compared)}");
        Assert.Contains("pytorch-converted/test_Linear", compared);
        Assert.Contains("pytorch-converted/test_Linear_no_bias", compared);
    }

    private static void Compare(OperatorCase operatorCase, KernelProgram program, FeatureInput feature, ModelSignature signature)
    {
        for (var dataSet = 0; dataSet < operatorCase.DataSetCount; dataSet++)
        {
            var (value, expected) = (operatorCase.Inputs(dataSet, signature)[0], Numbers(operatorCase.Outputs(dataSet, signature)[0]));
            var rowCount = (int)value.Shape[0];
            var rows = new FeatureRows(
                new FeatureRowLayout([.. Enumerable.Range(0, feature.Width).Select(i => new FeatureColumn($"f{i}", feature.Type!.Value, string.Empty))]), rowCount);
            rows.Reset(rowCount);
            var type = TensorElementType.Float;
            if (feature.Type == FeatureType.Float64)
            {
                value.AsSpan<double>().CopyTo(rows.Float64);
                type = TensorElementType.Double;
            }
            else
            {
                value.AsSpan<float>().CopyTo(rows.Float32);
            }

            var score = new ScoreBuffer(new OutputPlan(signature.Outputs[0].Name, type, 2, program.Output.Width, IsAsDeclared: true), rowCount);
            using var shape = new KernelShape(program, [InputBuffer.Create(feature, rows)], score, rowCount);
            shape.Run();
            score.Complete(rowCount);
            var found = Enumerable.Range(0, rowCount).SelectMany(r => score.RowOf(r).ToArray());
            Assert.All(expected.Zip(found), p => Assert.True(GoldenRows.Difference(p.First, p.Second) <= Tolerance, operatorCase.Name));
        }
    }

    private static double[] Numbers(ModelValue value)
        => value.ElementType == TensorElementKind.Float64 ? value.AsSpan<double>().ToArray() : Array.ConvertAll(value.AsSpan<float>().ToArray(), v => (double)v);
}
