using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Inference.Interop;

namespace Mlp.Runtime.Tests.Inference;

public sealed class BoundRunTests : IDisposable
{
    private readonly InferenceSession _session = new(TestGraphs.Logistic(0.5f, 0.25f));
    private readonly RunOptions _options = new() { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
    private readonly OrtIoBinding _binding;
    private readonly float[] _features = [1, 2];
    private readonly float[] _scores = new float[1];

    public BoundRunTests() => _binding = _session.CreateIoBinding();

    public void Dispose()
    {
        _binding.Dispose();
        _options.Dispose();
        _session.Dispose();
    }

    [Fact]
    public void Run_ThisVersionOfTheEngine_GoesByTheAddressAndAnswersAsTheBindingDoes()
    {
        using var input = OrtValue.CreateTensorValueFromMemory(_features, [1, 2]);
        using var output = OrtValue.CreateTensorValueFromMemory(_scores, [1, 1]);
        Bind(input, output);
        var run = new BoundRun(_session);
        Assert.True(run.IsDirect);

        run.Run(_options, _binding);
        var found = _scores[0];
        _scores[0] = float.NaN;
        _session.RunWithBinding(_options, _binding);

        Assert.Equal(_scores[0], found);
        Assert.Equal(1 / (1 + MathF.Exp(-1)), found, 1e-6f);
    }

    [Fact]
    public void Run_TheEngineRefuses_ThrowsWhatTheBindingThrowsAndStaysUsable()
    {
        using var input = OrtValue.CreateTensorValueFromMemory(_features, [1, 2]);
        using var output = OrtValue.CreateTensorValueFromMemory(_scores, [1, 1]);
        using var narrow = OrtValue.CreateTensorValueFromMemory(_features.AsMemory(0, 1).ToArray(), [1, 1]);
        var run = new BoundRun(_session);
        Bind(narrow, output);

        var expected = Assert.Throws<OnnxRuntimeException>(() => _session.RunWithBinding(_options, _binding));
        var found = Assert.Throws<OnnxRuntimeException>(() => run.Run(_options, _binding));
        Assert.Equal(expected.Message, found.Message);

        Bind(input, output);
        run.Run(_options, _binding);
        Assert.Equal(1 / (1 + MathF.Exp(-1)), _scores[0], 1e-6f);
    }

    [Fact]
    public void Run_OptionsSayTerminate_Throws()
    {
        using var input = OrtValue.CreateTensorValueFromMemory(_features, [1, 2]);
        using var output = OrtValue.CreateTensorValueFromMemory(_scores, [1, 1]);
        Bind(input, output);
        _options.Terminate = true;

        Assert.Contains("terminate", Assert.Throws<OnnxRuntimeException>(() => new BoundRun(_session).Run(_options, _binding)).Message, StringComparison.Ordinal);
    }

    private void Bind(OrtValue input, OrtValue output)
    {
        _binding.BindInput(_session.InputNames[0], input);
        _binding.BindOutput(_session.OutputNames[0], output);
    }
}
