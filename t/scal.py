import subprocess,time,sys,statistics
prog=sys.argv[1:]
def run(n):
    ps=[subprocess.Popen(['taskset','-c',str(i)]+prog,stdout=subprocess.PIPE,text=True) for i in range(n)]
    return [float(p.communicate()[0].split()[-1]) for p in ps]
r=[]
for k in range(5):
    one=run(1)[0]; two=run(2); r.append(sum(two)/one); print(one,two,round(r[-1],3))
print('median ratio',statistics.median(r))
