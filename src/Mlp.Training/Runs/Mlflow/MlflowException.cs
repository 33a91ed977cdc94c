using System.Net;
using Mlp.Runtime;

namespace Mlp.Training.Runs.Mlflow;

/// <summary>An MLflow server refused a request, gave an answer that is none, or could not be reached.</summary>
/// <param name="message">The sentence.</param>
/// <param name="statusCode">The status of its answer; null when there was none.</param>
/// <param name="errorCode">MLflow's own code, for example RESOURCE_DOES_NOT_EXIST; null when it gave none.</param>
/// <param name="innerException">The cause.</param>
public sealed class MlflowException(string message, HttpStatusCode? statusCode = null, string? errorCode = null, Exception? innerException = null)
    : MlPlatformException(message, innerException)
{
    /// <summary>The status of the answer; null when there was none.</summary>
    public HttpStatusCode? StatusCode { get; } = statusCode;

    /// <summary>MLflow's own code; null when it gave none.</summary>
    public string? ErrorCode { get; } = errorCode;

    /// <inheritdoc/>
    public override bool IsTransient => StatusCode is null || MlflowClient.IsTransient(StatusCode.Value);
}
