#include <stdio.h>
#include <time.h>
#include <stdlib.h>
#include <string.h>
#include <immintrin.h>
static double now(){struct timespec t;clock_gettime(CLOCK_MONOTONIC,&t);return t.tv_sec+t.tv_nsec*1e-9;}
int main(int c,char**v){ double s=now(); long n=0; size_t mb=atol(v[1]); size_t N=mb*1024*1024/4/(mb?1:1);
 if(!mb){ __m256 a[8]; for(int i=0;i<8;i++)a[i]=_mm256_set1_ps(i); __m256 m=_mm256_set1_ps(0.999f); while(now()-s<2){ for(int k=0;k<100000;k++) for(int i=0;i<8;i++)a[i]=_mm256_fmadd_ps(a[i],m,m); n++;} float o[8];_mm256_storeu_ps(o,a[3]); fprintf(stderr,"%g\n",o[0]); printf("%g\n",n/(now()-s)); return 0;}
 float*x=malloc(N*4); memset(x,1,N*4); float acc=0; while(now()-s<2){ __m256 t=_mm256_setzero_ps(); for(size_t i=0;i<N;i+=32) {t=_mm256_add_ps(t,_mm256_loadu_ps(x+i)); t=_mm256_add_ps(t,_mm256_loadu_ps(x+i+8));t=_mm256_add_ps(t,_mm256_loadu_ps(x+i+16));t=_mm256_add_ps(t,_mm256_loadu_ps(x+i+24));} acc+=_mm_cvtss_f32(_mm256_castps256_ps128(t)); n++; } fprintf(stderr,"%g\n",acc); printf("%g\n",n*(double)N*4/1e9/(now()-s));}
