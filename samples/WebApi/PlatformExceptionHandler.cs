using Microsoft.AspNetCore.Diagnostics;
using Mlp.Runtime;
using Mlp.Runtime.Inference;

namespace WebApi;

/// <summary>
/// Answers what the platform refuses with a sentence instead of a stack trace: 503 while the model is not ready, 400 for a wrong request. What is wrong with the service itself stands in its
/// log and on <c>/health/ready</c>; its callers are not told the paths of its files.
/// </summary>
internal sealed class PlatformExceptionHandler(IProblemDetailsService problems, ILogger<PlatformExceptionHandler> logger) : IExceptionHandler
{
    /// <summary>Whether an exception gets an answer of its own here, and needs no stack trace in the log.</summary>
    public static bool IsAnswered(Exception exception) => StatusOf(exception) is not null;

    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (StatusOf(exception) is not { } status)
        {
            return false;
        }

        if (status >= StatusCodes.Status500InternalServerError)
        {
            logger.LogWarning("{Status} on {Path}: {Reason}", status, httpContext.Request.Path, exception.Message);
        }

        httpContext.Response.StatusCode = status;
        return await problems.TryWriteAsync(new ProblemDetailsContext
        {
            HttpContext = httpContext,
            ProblemDetails = { Status = status, Title = exception.GetType().Name, Detail = Sentence(exception) },
        });
    }

    private static int? StatusOf(Exception exception) => exception switch
    {
        BadHttpRequestException wrong => wrong.StatusCode,
        MlPlatformException { IsTransient: true } or ModelNotReadyException => StatusCodes.Status503ServiceUnavailable,
        MlPlatformException => StatusCodes.Status500InternalServerError,
        _ => null,
    };

    private static string Sentence(Exception exception) => exception switch
    {
        BadHttpRequestException => exception.Message,
        ModelNotReadyException => "Expected the model to be ready, but no version of it is in service yet; /health/ready says why.",
        MlPlatformException { IsTransient: true } => "Expected to answer in time, but the service cannot now; try again.",
        _ => "Expected to answer, but the service failed; its log says why.",
    };
}
