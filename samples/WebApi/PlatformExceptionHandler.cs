using Microsoft.AspNetCore.Diagnostics;
using Mlp.Runtime;
using Mlp.Runtime.Inference;

namespace WebApi;

/// <summary>Answers what the platform refuses with its sentence instead of a stack trace: 503 while the model is not ready, 400 for a wrong request.</summary>
internal sealed class PlatformExceptionHandler(IProblemDetailsService problems) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        int? status = exception switch
        {
            ModelNotReadyException => StatusCodes.Status503ServiceUnavailable,
            BadHttpRequestException => StatusCodes.Status400BadRequest,
            MlPlatformException { IsTransient: true } => StatusCodes.Status503ServiceUnavailable,
            MlPlatformException => StatusCodes.Status500InternalServerError,
            _ => null,
        };
        if (status is null)
        {
            return false;
        }

        httpContext.Response.StatusCode = status.Value;
        return await problems.TryWriteAsync(new ProblemDetailsContext
        {
            HttpContext = httpContext,
            ProblemDetails = { Status = status, Title = exception.GetType().Name, Detail = exception.Message },
        });
    }
}
