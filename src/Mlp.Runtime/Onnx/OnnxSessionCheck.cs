using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Onnx;

/// <summary>Proves that ONNX Runtime can serve a file, by creating a session on it.</summary>
internal static class OnnxSessionCheck
{
    /// <summary>Creates a session and disposes of it.</summary>
    /// <param name="model">Name of the model, for messages.</param>
    /// <param name="onnx">Bytes of the file.</param>
    /// <param name="externalDataDirectory">Where its external data lies; null when it has none.</param>
    /// <exception cref="InvalidModelException">ONNX Runtime refuses the file.</exception>
    /// <exception cref="MissingNativePackageException">The native library of ONNX Runtime is not there.</exception>
    public static void Run(string model, ReadOnlyMemory<byte> onnx, string? externalDataDirectory = null)
    {
        try
        {
            using var options = new SessionOptions
            {
                IntraOpNumThreads = 1,
                InterOpNumThreads = 1,

                // What is wrong comes back as an exception; it need not stand on the console too.
                LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
            };
            SessionFiles.Configure(options, externalDataDirectory);
            using var session = new InferenceSession(SessionFiles.AsArray(onnx), options);
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidModelException(model, $"Expected a model that ONNX Runtime can load, but it says: {Describe(e.Message)} (model '{model}').", e);
        }
        catch (Exception e) when (OnnxRuntimeNative.IsMissing(e))
        {
            throw OnnxRuntimeNative.Missing(e);
        }
    }

    /// <summary>What ONNX Runtime says, with the cure where it is known.</summary>
    /// <param name="message">Its message.</param>
    public static string Describe(string message)
    {
        var text = message.Trim().TrimEnd('.');
        return text.Contains("locale", StringComparison.OrdinalIgnoreCase)
            ? text + ". The model changes the case of text (StringNormalizer), which needs a locale that this host lacks: "
                + "install it, or change the case before the model and export without"
            : text;
    }
}
