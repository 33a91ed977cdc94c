using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Mlp.Runtime.Accelerators;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Kernels;
using Mlp.Runtime.Kernels.Recognition;
using Mlp.Runtime.Kernels.Trial;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;

namespace Mlp.Runtime.Tests.Kernels;

/// <summary>A session of ONNX Runtime and what it takes to try a kernel against it.</summary>
internal sealed class KernelFixture : IDisposable
{
    public KernelFixture(byte[] onnx, string score, ModelTask task = ModelTask.Regression, IReadOnlyList<FeatureColumn>? features = null)
    {
        var published = new ModelManifest
        {
            Name = "m",
            Version = 1,
            CreatedAt = default,
            OnnxSha256 = string.Empty,
            OnnxByteCount = onnx.Length,
            Signature = OnnxModelReader.Read("m", onnx).Signature,
            Output = new ModelOutput { Task = task, ScoreOutput = score },
        };
        var served = ServedGraph.Create(published, onnx);
        Session = ExecutionSession.Create(published, new OnnxFiles(served.Onnx, null, WeightStorage.Resident, 0), AcceleratorChoice.Cpu);
        var inputs = features is null ? InputPlan.ForSignature(served.Manifest) : InputPlan.ForFeatures(served.Manifest, new FeatureRowLayout(features));
        Request = new KernelRequest(served.Manifest, served.Onnx, inputs, new OutputProbe(served.Manifest, Session, inputs).Run().Score);
    }

    public ExecutionSession Session { get; }

    public KernelRequest Request { get; }

    public KernelProgram Recognise() => GraphRecogniser.Recognise("m", Request.Onnx, Request.Inputs.Inputs, Request.Score.Name, Element, Request.Score.Width);

    /// <summary>Why the graph is not covered.</summary>
    public string Refusal() => Assert.Throws<UncoveredGraphException>(Recognise).Message;

    /// <summary>What the trial finds between a kernel and ONNX Runtime.</summary>
    public string? FindDifference(KernelProgram program)
    {
        using var trial = new KernelTrial(program, Session, Request.Inputs, Request.Score);
        return trial.FindDifference(golden: null, out _);
    }

    /// <summary>The scores of rows of float32, by the kernel alone.</summary>
    public double[] Run(KernelProgram program, float[] features, int rowCount)
    {
        var (rows, buffers, score) = Bind(features, rowCount);
        using var shape = new KernelShape(program, buffers, score, rowCount);
        shape.Run();
        GC.KeepAlive(rows);
        return Scores(score, rowCount);
    }

    /// <summary>The scores of rows of float32, as a slot gets them: by the kernel, and by ONNX Runtime where the kernel hands over to it.</summary>
    public double[] RunServed(KernelProgram program, float[] features, int rowCount, Action<Action>? measure = null)
    {
        var (rows, buffers, score) = Bind(features, rowCount);
        using var options = new RunOptions();
        using var shape = new KernelShape(program, buffers, score, rowCount, () => new SessionBoundShape(Session, buffers, [score], rowCount));
        shape.Run(options);
        measure?.Invoke(() => shape.Run(options));
        GC.KeepAlive(rows);
        return Scores(score, rowCount);
    }

    /// <summary>The scores of rows of float32, by ONNX Runtime.</summary>
    public double[] RunEngine(float[] features, int rowCount)
    {
        var (rows, buffers, score) = Bind(features, rowCount);
        using var options = new RunOptions();
        using var shape = new SessionBoundShape(Session, buffers, [score], rowCount);
        shape.Run(options);
        GC.KeepAlive(rows);
        return Scores(score, rowCount);
    }

    public void Dispose() => Session.Release();

    /// <summary>Requires that the graph becomes a kernel that agrees with ONNX Runtime on all rows of the trial.</summary>
    public static KernelProgram AssertAgrees(
        byte[] onnx, string score, KernelKind kind, ModelTask task = ModelTask.Regression, IReadOnlyList<FeatureColumn>? features = null)
    {
        using var fixture = new KernelFixture(onnx, score, task, features);
        var program = fixture.Recognise();
        Assert.Equal(kind, program.Kind);
        Assert.Null(fixture.FindDifference(program));
        return program;
    }

    private KernelElement Element => Request.Score.ElementType switch
    {
        TensorElementType.Double => KernelElement.Float64,
        TensorElementType.Int64 => KernelElement.Int64,
        _ => KernelElement.Float32,
    };

    private (FeatureRows Rows, InputBuffer[] Buffers, ScoreBuffer Score) Bind(float[] features, int rowCount)
    {
        var rows = new FeatureRows(Request.Inputs.Layout, rowCount);
        rows.Reset(rowCount);
        features.CopyTo(rows.Float32);
        return (rows, [.. Request.Inputs.Inputs.Select(i => InputBuffer.Create(i, rows))], new ScoreBuffer(Request.Score, rowCount));
    }

    private double[] Scores(ScoreBuffer score, int rowCount)
    {
        score.Complete(rowCount);
        return [.. Enumerable.Range(0, rowCount).SelectMany(r => score.RowOf(r).ToArray())];
    }
}
